// The readers of network addresses. Names are not resolved: what is bound and whom we believe is said exactly.
extension ConfigurationCursor {
    /// An IP address and port, such as `127.0.0.1:8080` or `[::1]:8080`.
    func listenAddress() -> ListenAddress? {
        guard let text = string() else { return nil }
        let shape = "is not an address; write IP:PORT, such as 127.0.0.1:8080 or [::1]:8080"
        guard let colon = text.lastIndex(of: ":") else { return refused("\(text) \(shape)") }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return refused("\(text) \(shape)")
        }
        if host == "localhost" { return refused("localhost is a name, not an address; write 127.0.0.1:\(digits)") }
        if host.isEmpty { return refused("\(text) has no address; write 0.0.0.0:\(digits) for all of them") }
        guard IPLiteral.bitCount(of: String(host)) != nil else { return refused("\(text) \(shape)") }
        guard let port = UInt16(digits), String(port) == digits else {
            return refused("port \(digits) is not a number from 0 to 65535")
        }
        return ListenAddress(host: String(host), port: port)
    }

    /// An IP address, or a block of them such as `10.0.0.0/8`.
    func addressRange() -> AddressRange? {
        guard let text = string() else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, let address = parts.first, let bits = IPLiteral.bitCount(of: address) else {
            return refused("\(text) is not an IP address or block, such as 10.0.0.7 or 10.0.0.0/8")
        }
        guard parts.count == 2 else { return AddressRange(address: address, prefixLength: bits) }
        guard let length = Int(parts[1]), String(length) == parts[1], (0...bits).contains(length) else {
            return refused("the prefix of \(text) is not a number from 0 to \(bits)")
        }
        // A block of length 0 would believe the X-Forwarded-For of everyone.
        guard length > 0 else { return refused("\(text) is everyone; name the proxies' own addresses") }
        return AddressRange(address: address, prefixLength: length)
    }
}

/// Recognizes IP address literals.
enum IPLiteral {
    /// 32 or 128 for an IPv4 or IPv6 literal, `nil` for anything else.
    static func bitCount(of text: String) -> Int? {
        let octets = text.split(separator: ".", omittingEmptySubsequences: false)
        if octets.count == 4, octets.allSatisfy({ UInt8($0).map(String.init) == String($0) }) { return 32 }
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        let isV6 =
            (3...9).contains(groups.count)
            && groups.allSatisfy { $0.utf8.count <= 4 && $0.allSatisfy(\.isHexDigit) && $0.utf8.count == $0.count }
        return isV6 ? 128 : nil
    }
}
