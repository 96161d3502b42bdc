extension CurlClient {
    /// What a client needs to know of its environment, with a bound for everything that can grow.
    package struct Configuration: Sendable {
        /// A PEM file of certificate authorities trusted in addition to the system's.
        package var caFile: String?
        /// The system's PEM file; with nil, `SSL_CERT_FILE` from the environment or else the distribution's file.
        package var systemCAFile: String?
        /// The proxy of requests whose address policy is not strict; a mandatory one also of the others.
        package var proxy: Proxy
        /// A Unix socket that every request goes to, whatever its URL's host; `nil` for the network.
        ///
        /// Only for a server of this machine that the operator names; no proxy is asked.
        package var unixSocket: String?
        /// The `User-Agent` of requests that set none.
        package var userAgent: String
        /// Simultaneous requests under each address policy; one more is refused as `overloaded`.
        package var requestsMax: Int
        /// Open connections under each address policy; requests wait for a free one.
        package var connectionsMax: Int
        /// Open connections to one host under each address policy; requests wait for a free one.
        package var connectionsPerHostMax: Int
        /// Finds addresses for the strict address policies.
        package var resolver: any HostResolver
        /// The bounds of those look-ups.
        package var lookups: LookupRules

        /// Makes a configuration.
        package init(
            caFile: String? = nil,
            systemCAFile: String? = nil,
            proxy: Proxy = .environment,
            unixSocket: String? = nil,
            userAgent: String = "gatehouse",
            requestsMax: Int = 1024,
            connectionsMax: Int = 256,
            connectionsPerHostMax: Int = 32,
            resolver: any HostResolver = SystemHostResolver(),
            lookups: LookupRules = LookupRules()
        ) {
            self.caFile = caFile
            self.systemCAFile = systemCAFile
            self.proxy = proxy
            self.unixSocket = unixSocket
            self.userAgent = userAgent
            self.requestsMax = requestsMax
            self.connectionsMax = connectionsMax
            self.connectionsPerHostMax = connectionsPerHostMax
            self.resolver = resolver
            self.lookups = lookups
        }

        /// For URLs that strangers supply: metadata documents and key sets of clients.
        ///
        /// Its client shares nothing that can run out with the client that reaches the operator's providers.
        package static func strangers(
            caFile: String? = nil,
            proxy: Proxy = .environment,
            resolver: any HostResolver = SystemHostResolver(.absolute)
        ) -> Configuration {
            Configuration(
                caFile: caFile,
                proxy: proxy,
                requestsMax: 512,
                connectionsPerHostMax: 8,
                resolver: resolver,
                lookups: .strangers
            )
        }
    }

    /// Where the proxy's address comes from.
    package enum Proxy: Hashable, Sendable {
        /// `http_proxy`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, as libcurl reads them.
        case environment
        /// No proxy, whatever the environment contains.
        case none
        /// This proxy.
        case url(String)
        /// The only way out, under every address policy, except for some hosts.
        ///
        /// Names are then looked up by the proxy, whose rules decide which addresses they may have; here only spellings
        /// and literal addresses are judged. Hosts that are excepted are treated as without a proxy.
        case mandatory(url: String, credentials: String?, exceptions: ProxyExceptions)

        /// Whether a host is reached through a proxy that is the only way out.
        func isMandatory(for host: String) -> Bool {
            guard case .mandatory(_, _, let exceptions) = self else { return false }
            return !exceptions.contains(host)
        }
    }
}
