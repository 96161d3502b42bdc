/// An IP address and port to bind, written `127.0.0.1:8080` or `[::1]:8080`.
package struct ListenAddress: Hashable, Sendable {
    /// The IP address literal, without brackets.
    package var host: String

    /// The port; 0 lets the system pick a free one.
    package var port: UInt16

    /// Makes an address of its two parts.
    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }
}

extension ListenAddress: CustomStringConvertible {
    /// The address as one writes it, IPv6 in brackets.
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
