import OutboundHTTP
import Testing

/// RFC 6890: what an address is, and which policies let it be dialled.
struct AddressKindTests {
    @Test(
        "D-81: special-use addresses are known for what they are, first and last of each range",
        arguments: [
            ("0.0.0.0", AddressKind.reserved), ("0.255.255.255", .reserved), ("10.0.0.0", .privateNetwork),
            ("10.255.255.255", .privateNetwork), ("100.64.0.0", .privateNetwork), ("100.127.255.255", .privateNetwork),
            ("100.100.100.200", .cloudMetadata), ("168.63.129.16", .cloudMetadata),
            ("127.0.0.1", .loopback), ("127.255.255.255", .loopback),
            ("169.254.0.0", .linkLocal), ("169.254.169.254", .linkLocal), ("172.16.0.0", .privateNetwork),
            ("172.31.255.255", .privateNetwork), ("192.0.0.0", .reserved), ("192.0.0.192", .reserved),
            ("192.0.2.255", .reserved), ("192.88.99.1", .reserved), ("192.168.0.0", .privateNetwork),
            ("192.168.255.255", .privateNetwork), ("198.18.0.0", .reserved), ("198.19.255.255", .reserved),
            ("198.51.100.7", .reserved), ("203.0.113.7", .reserved), ("224.0.0.1", .reserved),
            ("239.255.255.255", .reserved), ("240.0.0.0", .reserved), ("255.255.255.255", .reserved),
            ("::", .reserved), ("::1", .loopback), ("fe80::1", .linkLocal), ("febf:ffff::1", .linkLocal),
            ("fec0::1", .reserved), ("fc00::1", .privateNetwork), ("fdff:ffff::1", .privateNetwork),
            ("fd00:ec2::254", .cloudMetadata), ("fd20:ce::254", .cloudMetadata), ("ff02::1", .reserved),
            ("2001::1", .reserved), ("2001:1ff:ffff::1", .reserved), ("2001:db8::1", .reserved), ("3fff::1", .reserved),
            ("100::1", .reserved), ("5f00::1", .reserved), ("4000::1", .reserved), ("64:ff9b:1::7f00:1", .reserved),
        ]
    )
    func specialUse(text: String, kind: AddressKind) throws {
        let address = try #require(RemoteAddress(text))
        #expect(address.kind == kind)
        #expect(!AddressPolicy.publicOnly.permits(address))
        #expect(AddressPolicy.unrestricted.permits(address))
    }

    @Test(
        "Addresses beside the special ranges are global",
        arguments: [
            "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
            "168.63.129.15", "168.63.129.17",
            "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.101.0", "203.0.114.0", "223.255.255.255",
            "2001:200::1", "2001:db9::1", "2600:1f18::1", "2a00:1450:4001::200e", "3ffe::1",
        ]
    )
    func global(text: String) throws {
        let address = try #require(RemoteAddress(text))
        #expect(address.kind == .global)
        for policy in [AddressPolicy.publicOnly, .loopbackAllowed, .allowPrivate, .unrestricted] {
            #expect(policy.permits(address))
        }
    }

    @Test(
        "D-81: an embedded IPv4 address counts as itself",
        arguments: [
            ("::ffff:127.0.0.1", AddressKind.loopback), ("::ffff:10.1.2.3", .privateNetwork),
            ("::ffff:169.254.169.254", .linkLocal), ("::ffff:192.0.2.1", .reserved), ("::ffff:8.8.8.8", .global),
            ("::127.0.0.1", .loopback), ("::10.1.2.3", .privateNetwork), ("::8.8.8.8", .global),
            ("64:ff9b::127.0.0.1", .loopback), ("64:ff9b::169.254.169.254", .linkLocal), ("64:ff9b::8.8.8.8", .global),
            ("2002:7f00:1::", .loopback), ("2002:a9fe:a9fe::1", .linkLocal), ("2002:c0a8:1:1::5", .privateNetwork),
            ("2002:808:808::1", .global),
        ]
    )
    func embedded(text: String, kind: AddressKind) throws {
        #expect(try #require(RemoteAddress(text)).kind == kind)
    }

    @Test("Each policy permits its kinds and no other")
    func policies() throws {
        let samples: [AddressKind: String] = [
            .global: "8.8.8.8", .loopback: "127.0.0.1", .privateNetwork: "10.0.0.1", .cloudMetadata: "fd00:ec2::254",
            .linkLocal: "169.254.169.254", .reserved: "0.0.0.0",
        ]
        let permitted: [(AddressPolicy, Set<AddressKind>)] = [
            (.publicOnly, [.global]), (.loopbackAllowed, [.global, .loopback]),
            (.allowPrivate, [.global, .loopback, .privateNetwork]), (.unrestricted, Set(AddressKind.allCases)),
        ]
        for (policy, kinds) in permitted {
            for kind in AddressKind.allCases {
                let address = try #require(samples[kind].flatMap { RemoteAddress($0) })
                #expect(policy.permits(address) == kinds.contains(kind), "\(address)")
            }
        }
    }

    @Test(
        "Only canonical spellings are addresses",
        arguments: [
            "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "1.2.3.4.5", "256.1.1.1", "[::1]", "fe80::1%lo", "",
            "1.2.3.4 ",
        ]
    )
    func refusesSpelling(text: String) {
        #expect(RemoteAddress(text) == nil)
    }

    @Test("An address prints as it is read", arguments: ["203.0.113.255", "2001:db8:0:0:0:0:0:1"])
    func prints(text: String) throws {
        #expect(try #require(RemoteAddress(text)).description == text)
    }
}
