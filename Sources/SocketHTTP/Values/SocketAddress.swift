import Foundations
import Glibc

/// An IP address and a port: where to listen, or who connected.
package struct SocketAddress: Hashable, Sendable {
    /// The address.
    package var ip: IPAddress
    /// The port; 0 asks the kernel for a free one.
    package var port: UInt16

    /// Makes a socket address from its two parts.
    package init(ip: IPAddress, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    /// Reads `192.0.2.1:8443` or `[2001:db8::1]:8443`; `nil` for names and for anything else.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy(\.isASCIIDigit), let port = UInt16(digits) else {
            return nil
        }
        var host = text[..<colon]
        if host.first == "[" {
            guard host.last == "]" else { return nil }
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        guard let ip = IPAddress(String(host)) else { return nil }
        self.init(ip: ip, port: port)
    }

    /// Reads an address and port from text; `nil` for names and for anything else.
    package static func parse(_ text: String) -> SocketAddress? {
        SocketAddress(text)
    }
}

extension SocketAddress: CustomStringConvertible {
    /// The form used in a URL's authority.
    package var description: String {
        switch ip.family {
        case .v4: "\(ip):\(port)"
        case .v6: "[\(ip)]:\(port)"
        }
    }
}

extension SocketAddress {
    /// The protocol family for `socket(2)`.
    var domain: CInt {
        ip.family == .v4 ? AF_INET : AF_INET6
    }

    /// Passes the address in the kernel's form to `body`.
    func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var storage = sockaddr_storage()
        let length: Int
        switch ip.family {
        case .v4:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr = ip.ipv4
            length = MemoryLayout<sockaddr_in>.size
            unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: address, as: sockaddr_in.self) }
        case .v6:
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = ip.ipv6
            length = MemoryLayout<sockaddr_in6>.size
            unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: address, as: sockaddr_in6.self) }
        }
        return unsafe withUnsafePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(length)) }
        }
    }

    /// Reads the address that `accept`, `getsockname` or `getpeername` wrote.
    init?(_ storage: sockaddr_storage) {
        let parsed: SocketAddress? = unsafe withUnsafeBytes(of: storage) { raw in
            switch CInt(storage.ss_family) {
            case AF_INET:
                let address = unsafe raw.load(as: sockaddr_in.self)
                return SocketAddress(ip: IPAddress(address.sin_addr), port: UInt16(bigEndian: address.sin_port))
            case AF_INET6:
                let address = unsafe raw.load(as: sockaddr_in6.self)
                return SocketAddress(ip: IPAddress(address.sin6_addr), port: UInt16(bigEndian: address.sin6_port))
            default: return nil
            }
        }
        guard let parsed else { return nil }
        self = parsed
    }
}
