import FoundationEssentials
package import Logging
package import OutboundHTTP
package import ServerConfiguration

/// The server's two HTTP clients, which share nothing that strangers could use up (S-01).
package struct OutboundClients {
    /// For the identity providers and APIs that the operator has configured.
    let providers: CurlClient
    /// For the hosts that clients name: metadata documents and key sets.
    let documents: CurlClient

    /// Makes both clients.
    ///
    /// - Throws: ``OutboundError`` `invalidConfiguration` when the CA file is unusable.
    init(_ configuration: Configuration.Outbound, logger: Logger) throws(OutboundError) {
        let (caFile, proxy) = (configuration.caFile, Self.proxy(configuration))
        providers = try Self.provider(configuration, logger: logger)
        documents = try CurlClient(configuration: .strangers(caFile: caFile, proxy: proxy), logger: logger)
        if proxy == .environment, let variable = Self.proxyVariable(ProcessInfo.processInfo.environment) {
            logger.notice(
                "the environment's proxy is used only for upstreams with allow_private_network; set outbound.proxy",
                metadata: ["variable": "\(variable)"]
            )
        }
    }

    /// A client for the configured providers, which goes the way that the server's requests go.
    ///
    /// - Throws: ``OutboundError`` `invalidConfiguration` when the CA file is unusable.
    package static func provider(
        _ configuration: Configuration.Outbound,
        logger: Logger
    ) throws(OutboundError) -> CurlClient {
        try CurlClient(
            configuration: .init(caFile: configuration.caFile, proxy: proxy(configuration)),
            logger: logger
        )
    }

    /// The configured proxy, or else what the environment says.
    static func proxy(_ configuration: Configuration.Outbound) -> CurlClient.Proxy {
        guard let url = configuration.proxy else { return .environment }
        return .mandatory(
            url: url,
            credentials: configuration.proxyCredentials?.value?.text,
            exceptions: ProxyExceptions(configuration.proxyExceptions)
        )
    }

    /// The variable that names a proxy for https, as libcurl reads them.
    static func proxyVariable(_ environment: [String: String]) -> String? {
        ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"].first { environment[$0]?.isEmpty == false }
    }

    /// Ends the requests in flight and both clients.
    func shutdown() async {
        await documents.shutdown()
        await providers.shutdown()
    }
}
