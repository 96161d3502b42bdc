import SocketHTTP

// The readers of network addresses. Names are not resolved: what is bound and whom we believe is said exactly.
extension ConfigurationCursor {
    /// An IP address and port, such as `127.0.0.1:8080` or `[::1]:8080`.
    func listenAddress() -> SocketAddress? {
        guard let text = string() else { return nil }
        if let address = SocketAddress(text) { return address }
        if text.hasPrefix("localhost:") { return refused("localhost is a name; use the address 127.0.0.1") }
        if text.hasPrefix(":"), !text.dropFirst().contains(":") {
            return refused("\(text) has no address; use 0.0.0.0\(text) for all addresses")
        }
        return refused("\(text) is not an address; use IP:PORT, such as 127.0.0.1:8080 or [::1]:8080")
    }

    /// An IP address, or a block of them such as `10.0.0.0/8`.
    func addressRange() -> AddressRange? {
        guard let text = string() else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, let first = parts.first, let address = IPAddress(first) else {
            return refused("\(text) is not an IP address or block, such as 10.0.0.7 or 10.0.0.0/8")
        }
        let bits = address.bytes.count * 8
        guard parts.count == 2 else { return AddressRange(address, prefixLength: bits) }
        guard let length = Int(parts[1]), String(length) == parts[1], (0...bits).contains(length) else {
            return refused("the prefix of \(text) is not a number from 0 to \(bits)")
        }
        // A block of length 0 would believe the X-Forwarded-For of everyone.
        guard length > 0 else { return refused("\(text) contains every address; list the addresses of the proxies") }
        return AddressRange(address, prefixLength: length)
    }
}
