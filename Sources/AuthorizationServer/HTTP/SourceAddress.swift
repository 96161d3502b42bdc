import HTTPTypes
package import ServerConfiguration
package import SocketHTTP

/// RFC 7239 §8.1: which address a request came from.
///
/// A forwarded header is trusted only from configured proxies; otherwise anyone could spend another source's allowance
/// (D-71, D-72).
package struct SourceAddressResolver: Sendable {
    private let trustedProxies: [AddressRange]

    /// A resolver that trusts these proxies.
    package init(trustedProxies: [AddressRange]) {
        self.trustedProxies = trustedProxies
    }

    /// The address of the client: the peer, or the last address before the trusted proxies in `X-Forwarded-For`.
    package func source(of request: Request) -> IPAddress {
        guard !trustedProxies.isEmpty, isTrusted(request.peer) else { return request.peer }
        let hops = request.values(of: .xForwardedFor).flatMap { $0.split(separator: ",") }
        var source = request.peer
        for hop in hops.reversed() {
            guard let address = Self.address(hop) else { return source }
            source = address
            guard isTrusted(address) else { return source }
        }
        return source
    }

    /// Whether a trusted proxy sent the request.
    func isFromProxy(_ request: Request) -> Bool {
        !trustedProxies.isEmpty && isTrusted(request.peer)
    }

    /// The span that a trusted proxy names, or nothing: anyone else could file requests under others' traces.
    func traceParent(of request: Request) -> TraceParent? {
        guard isFromProxy(request) else { return nil }
        let values = request.values(of: .traceparent)
        return values.count == 1 ? TraceParent(values[0]) : nil
    }

    private func isTrusted(_ address: IPAddress) -> Bool {
        trustedProxies.contains { $0.contains(address) }
    }

    /// The address of a hop; some proxies write the port after it, with brackets around an IPv6 address.
    private static func address(_ hop: Substring) -> IPAddress? {
        let text = hop.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
        let trimmed = String(text)
        if let address = IPAddress(trimmed) {
            return address
        }
        if trimmed.hasPrefix("[") {
            return IPAddress(String(trimmed.dropFirst().prefix { $0 != "]" }))
        }
        let parts = trimmed.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 ? IPAddress(String(parts[0])) : nil
    }
}
