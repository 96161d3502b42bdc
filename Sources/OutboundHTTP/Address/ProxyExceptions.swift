import Foundations

/// The hosts that are reached without the configured proxy.
///
/// This machine itself always is: through a proxy, `localhost` would be the proxy's machine.
package struct ProxyExceptions: Hashable, Sendable {
    fileprivate enum Rule: Hashable {
        case every
        /// A name and all names below it.
        case domain(String)
        /// The leading bits of an address of 32 or 128 bits.
        case block(RemoteAddress, prefixLength: Int)
    }

    private let rules: [Rule]

    /// Reads the exceptions, each of them `*`, a name, an address or a block such as `10.0.0.0/8`.
    ///
    /// A name includes all names below it, with or without a leading dot. Blocks apply to URLs that have an address;
    /// names are not looked up for them.
    package init(_ texts: [String] = []) {
        rules = texts.map { text in
            let parts = text.split(separator: "/", maxSplits: 1)
            if text == "*" { return .every }
            if let address = parts.first.flatMap({ RemoteAddress(String($0)) }) {
                let length = parts.count > 1 ? Int(parts[1]) : nil
                return .block(address, prefixLength: length ?? 128)
            }
            return .domain(String(text.drop { $0 == "." }).lowercasedASCII)
        }
    }

    /// Whether a host, as a URL spells it, is reached directly.
    func contains(_ host: String) -> Bool {
        let name = host.lowercasedASCII
        if let address = RemoteAddress(name.filter { $0 != "[" && $0 != "]" }) {
            return address.kind == .loopback || rules.contains { $0 == .every || $0.holds(address) }
        }
        if name == "localhost" || name.hasSuffix(".localhost") { return true }
        return rules.contains { rule in
            switch rule {
            case .every: true
            case .domain(let domain): name == domain || name.hasSuffix("." + domain)
            case .block: false
            }
        }
    }
}

extension ProxyExceptions.Rule {
    fileprivate func holds(_ other: RemoteAddress) -> Bool {
        guard case .block(let address, let prefixLength) = self else { return false }
        switch (address, other) {
        case (.v4(let ours), .v4(let theirs)):
            let ignored = UInt32(32 - min(max(prefixLength, 0), 32))
            return ours >> ignored == theirs >> ignored
        case (.v6(let high, let low), .v6(let otherHigh, let otherLow)):
            let ignored = UInt64(128 - min(max(prefixLength, 0), 128))
            if ignored >= 64 { return high >> (ignored - 64) == otherHigh >> (ignored - 64) }
            return high == otherHigh && low >> ignored == otherLow >> ignored
        default:
            return false
        }
    }
}
