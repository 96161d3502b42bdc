import Glibc

/// The IPv4 or IPv6 address of one end of a connection, as a value.
///
/// An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) becomes the IPv4 address it contains, so that it cannot evade a
/// rule written for the other form.
package struct IPAddress: Hashable, Sendable {
    /// The protocol version that an address belongs to.
    package enum Family: Hashable, Sendable {
        /// Internet Protocol version 4: four bytes.
        case v4
        /// Internet Protocol version 6: sixteen bytes.
        case v6
    }

    /// Whether this is a version 4 or a version 6 address.
    package let family: Family
    private let high: UInt64
    private let low: UInt64

    /// Makes a version 4 address from its number in host byte order.
    package init(v4 number: UInt32) {
        family = .v4
        high = 0
        low = UInt64(number)
    }

    /// Makes a version 6 address from its two halves in host byte order, or the IPv4 address that is mapped into it.
    package init(v6 high: UInt64, _ low: UInt64) {
        let isMapped = high == 0 && low >> 32 == 0xffff
        family = isMapped ? .v4 : .v6
        self.high = high
        self.low = isMapped ? low & 0xffff_ffff : low
    }

    /// Makes an address from its text form, without brackets, zone or port.
    package init?(_ text: String) {
        guard text.utf8.count < 64, !text.utf8.contains(0) else { return nil }
        var four = in_addr()
        if unsafe inet_pton(AF_INET, text, &four) == 1 {
            self.init(four)
            return
        }
        var six = in6_addr()
        guard unsafe inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        self.init(six)
    }

    /// Reads an address from its text form; `nil` for anything else.
    package static func parse(_ text: String) -> IPAddress? {
        IPAddress(text)
    }

    /// The loopback address of version 4.
    package static let loopback = IPAddress(v4: 0x7f00_0001)

    /// The bytes in network order: four or sixteen.
    package var bytes: [UInt8] {
        switch family {
        case .v4: (0..<4).map { UInt8(truncatingIfNeeded: low >> (24 - 8 * UInt64($0))) }
        case .v6: (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> (56 - 8 * UInt64($0 % 8))) }
        }
    }

    /// True for 127.0.0.0/8 and `::1`.
    package var isLoopback: Bool {
        switch family {
        case .v4: low >> 24 == 127
        case .v6: high == 0 && low == 1
        }
    }

    /// The network that counts as one source: the address itself for IPv4, its /64 for IPv6 (RFC 6177: one site has
    /// many).
    package var network: IPAddress {
        family == .v6 ? IPAddress(v6: high, 0) : self
    }

    /// The network of the given size that contains the address.
    ///
    /// - Parameter prefixLength: 1 to 32 bits for IPv4, 1 to 64 for IPv6.
    /// - Returns: Its first address.
    package func network(prefixLength: Int) -> IPAddress {
        switch family {
        case .v4: IPAddress(v4: UInt32(truncatingIfNeeded: low) & (UInt32.max << (32 - prefixLength)))
        case .v6: IPAddress(v6: high & (UInt64.max << (64 - prefixLength)), 0)
        }
    }

    /// The network that one customer of a provider has: the address itself for IPv4, its /48 for IPv6 (RFC 6177), in
    /// which one machine can use 65,536 networks.
    package var site: IPAddress {
        family == .v6 ? network(prefixLength: 48) : self
    }

    /// The kernel's form of the address, version 4.
    var ipv4: in_addr {
        in_addr(s_addr: UInt32(truncatingIfNeeded: low).bigEndian)
    }

    /// The kernel's form of the address, version 6.
    var ipv6: in6_addr {
        var address = in6_addr()
        unsafe withUnsafeMutableBytes(of: &address) { raw in
            unsafe raw.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
            unsafe raw.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return address
    }

    init(_ address: in_addr) {
        self.init(v4: UInt32(bigEndian: address.s_addr))
    }

    init(_ address: in6_addr) {
        let halves = unsafe withUnsafeBytes(of: address) { raw in
            unsafe (
                raw.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            )
        }
        self.init(v6: UInt64(bigEndian: halves.0), UInt64(bigEndian: halves.1))
    }
}

extension IPAddress {
    /// Appends the canonical text form to a buffer of ASCII.
    package func append(to output: inout [UInt8]) {
        guard family == .v4 else { return output.append(contentsOf: description.utf8) }
        for shift in stride(from: 24 as UInt64, through: 0, by: -8) {
            output.append(decimal: Int(low >> shift & 0xff))
            if shift > 0 { output.append(0x2e) }
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text form; RFC 5952 for version 6.
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch family {
        case .v4:
            var address = ipv4
            unsafe inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
        case .v6:
            var address = ipv6
            unsafe inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
