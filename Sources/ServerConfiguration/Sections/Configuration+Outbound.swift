import OAuthProtocol
import SocketHTTP

extension Configuration {
    /// How we connect to upstream providers and metadata documents.
    package struct Outbound: Hashable, Sendable {
        /// The path of a PEM bundle of authorities, added to the system's.
        package var caFile: String?

        /// The URL of the proxy that is the only way out.
        package var proxy: String?

        /// The proxy's user and password, joined by a colon.
        package var proxyCredentials: SecretReference?

        /// The hosts that are reached without the proxy.
        package var proxyExceptions: [String] = []

        /// Makes the default: the system's authorities only.
        package init() {}
    }
}

extension Configuration.Outbound {
    static let keys = KeySection(Self()) {
        Key(
            "ca_file",
            \.caFile,
            .file(holding: .certificates),
            "A PEM bundle of certificate authorities, trusted besides the system's."
        )
        Key(
            "proxy",
            \.proxy,
            .text("`http://HOST:PORT` or `https://HOST:PORT`", schema: .url, proxyObjection),
            "The proxy of every request; it looks names up, and its rules decide which addresses they may have."
        )
        Key(
            "proxy_credentials",
            \.proxyCredentials,
            .secret(),
            "The proxy's user and password, as `USER:PASSWORD`."
        )
        Key(
            "no_proxy",
            \.proxyExceptions,
            .texts("list of hosts, addresses, blocks, or `*`", exceptionObjection),
            "What is reached without the proxy: a name with all names below it, an address, a block such as `10.0.0.0/8`."
        )
    } finish: { section, outbound, _ in
        guard section["proxy"] == nil else { return }
        section["proxy_credentials"]?.refuse("needs outbound.proxy")
        if !outbound.proxyExceptions.isEmpty { section["no_proxy"]?.refuse("needs outbound.proxy") }
    }

    private static let proxyObjection: @Sendable (String) -> String? = { text in
        guard let uri = URIReference(text), let host = uri.host, !host.isEmpty,
            uri.scheme == "https" || uri.scheme == "http"
        else { return "must be the http or https URL of a proxy" }
        guard uri.userInformation == nil else { return "must not have user information; use proxy_credentials" }
        guard ["", "/"].contains(uri.path), uri.query == nil, uri.fragment == nil else {
            return "must have no path, query or fragment"
        }
        return nil
    }

    private static let exceptionObjection: @Sendable (String) -> String? = { text in
        if text == "*" || IPAddress(text) != nil { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]),
            (0...address.bytes.count * 8).contains(length)
        {
            return nil
        }
        let isName = text.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E
        }
        return isName && text.utf8.contains { $0 != 0x2E }
            ? nil : "\(text) is not a host: a lower-case name, an address, a block, or *"
    }
}
