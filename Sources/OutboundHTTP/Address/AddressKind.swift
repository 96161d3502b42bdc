/// RFC 6890: the special-purpose addresses that an address policy distinguishes.
package enum AddressKind: Sendable, Hashable, CaseIterable {
    /// Reachable on the internet at large.
    case global
    /// This host itself: 127.0.0.0/8, ::1.
    case loopback
    /// A private network: RFC 1918, shared address space (RFC 6598), unique local addresses (RFC 4193).
    case privateNetwork
    /// Metadata services inside private ranges, where clouds give out a machine's credentials: the classic target of a
    /// forged request.
    case cloudMetadata
    /// The local link: 169.254.0.0/16 with the clouds' metadata services, fe80::/10.
    case linkLocal
    /// Unspecified, documentation, benchmarking, multicast, reserved, tunnels: nothing that a server should connect to.
    case reserved
}

extension RemoteAddress {
    /// The kind of address that packets reach: embedded IPv4 addresses are classified as such, so that a translator or
    /// tunnel on the way does not bypass the policy.
    package var kind: AddressKind {
        switch self {
        case .v4(let bits): Self.kindOfV4(bits)
        case .v6(let high, let low): Self.kindOfV6(high, low)
        }
    }

    private static func kindOfV4(_ bits: UInt32) -> AddressKind {
        v4Ranges.first { bits >> (32 - $0.length) == $0.prefix >> (32 - $0.length) }?.kind ?? .global
    }

    private static func kindOfV6(_ high: UInt64, _ low: UInt64) -> AddressKind {
        if high == 0, low == 0 { return .reserved }
        if high == 0, low == 1 { return .loopback }
        if let embedded = embeddedV4(high, low) { return kindOfV4(embedded) }
        if (high == 0xfd00_0ec2_0000_0000 || high == 0xfd20_00ce_0000_0000), low == 0x254 { return .cloudMetadata }
        if let range = v6Ranges.first(where: { high >> (64 - $0.length) == $0.prefix >> (64 - $0.length) }) {
            return range.kind
        }
        // RFC 4291 §2.4: only 2000::/3 is assigned as global unicast.
        return high >> 61 == 0b001 ? .global : .reserved
    }

    /// The IPv4 address inside ::ffff:0:0/96, ::/96 (RFC 4291 §2.5.5), 64:ff9b::/96 (RFC 6052) and 2002::/16 (RFC
    /// 3056).
    private static func embeddedV4(_ high: UInt64, _ low: UInt64) -> UInt32? {
        let last = UInt32(truncatingIfNeeded: low)
        if high == 0, low >> 32 == 0xffff || low >> 32 == 0 { return last }
        if high == 0x0064_ff9b_0000_0000, low >> 32 == 0 { return last }
        return high >> 48 == 0x2002 ? UInt32(truncatingIfNeeded: high >> 16) : nil
    }

    private static let v4Ranges: [(prefix: UInt32, length: UInt32, kind: AddressKind)] = [
        (0x0000_0000, 8, .reserved),  // 0.0.0.0/8 "this network", which Linux treats as this host
        (0x0a00_0000, 8, .privateNetwork),  // 10.0.0.0/8
        (0x6464_64c8, 32, .cloudMetadata),  // 100.100.100.200
        (0xa83f_8110, 32, .cloudMetadata),  // 168.63.129.16, the host agent of Azure, in a public range
        (0x6440_0000, 10, .privateNetwork),  // 100.64.0.0/10 shared address space
        (0x7f00_0000, 8, .loopback),  // 127.0.0.0/8
        (0xa9fe_0000, 16, .linkLocal),  // 169.254.0.0/16
        (0xac10_0000, 12, .privateNetwork),  // 172.16.0.0/12
        (0xc000_0000, 24, .reserved),  // 192.0.0.0/24 protocol assignments
        (0xc000_0200, 24, .reserved),  // 192.0.2.0/24 documentation
        (0xc058_6300, 24, .reserved),  // 192.88.99.0/24 6to4 relays
        (0xc0a8_0000, 16, .privateNetwork),  // 192.168.0.0/16
        (0xc612_0000, 15, .reserved),  // 198.18.0.0/15 benchmarking
        (0xc633_6400, 24, .reserved),  // 198.51.100.0/24 documentation
        (0xcb00_7100, 24, .reserved),  // 203.0.113.0/24 documentation
        (0xe000_0000, 4, .reserved),  // 224.0.0.0/4 multicast
        (0xf000_0000, 4, .reserved),  // 240.0.0.0/4 reserved, broadcast
    ]

    private static let v6Ranges: [(prefix: UInt64, length: UInt64, kind: AddressKind)] = [
        (0xfe80_0000_0000_0000, 10, .linkLocal),  // fe80::/10
        (0xfc00_0000_0000_0000, 7, .privateNetwork),  // fc00::/7 unique local
        (0x2001_0000_0000_0000, 23, .reserved),  // 2001::/23 protocol assignments, Teredo among them
        (0x2001_0db8_0000_0000, 32, .reserved),  // 2001:db8::/32 documentation
        (0x3fff_0000_0000_0000, 20, .reserved),  // 3fff::/20 documentation
    ]
}
