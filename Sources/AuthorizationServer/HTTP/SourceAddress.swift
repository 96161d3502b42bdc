import HTTPTypes
package import SocketHTTP

/// RFC 7239 §8.1: which address a request came from.
///
/// A forwarded header is believed only from configured proxies, or anyone could spend another's allowance (D-71, D-72).
package struct SourceAddressResolver: Sendable {
    private let trustedProxies: [AddressRange]

    /// A resolver that believes these proxies.
    package init(trustedProxies: [AddressRange]) {
        self.trustedProxies = trustedProxies
    }

    /// The address of the client: the peer, or the last address before the trusted proxies in `X-Forwarded-For`.
    package func source(of request: Request) -> IPAddress {
        guard !trustedProxies.isEmpty, isTrusted(request.peer) else { return request.peer }
        let hops = request.values(of: .xForwardedFor).flatMap { $0.split(separator: ",") }
        var source = request.peer
        for hop in hops.reversed() {
            guard let address = IPAddress(Self.trimmed(hop)) else { return source }
            source = address
            guard isTrusted(address) else { return source }
        }
        return source
    }

    private func isTrusted(_ address: IPAddress) -> Bool {
        trustedProxies.contains { $0.contains(address) }
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
