import SocketHTTP
import Testing

@Suite("Addresses")
struct IPAddressTests {
    @Test(
        "text forms are read and written canonically",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::1", "::1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"),
            ("::ffff:192.0.2.7", "192.0.2.7"), ("fe80::1", "fe80::1"),
        ]
    )
    func readsAndWrites(text: String, canonical: String) throws {
        let address = try #require(IPAddress.parse(text))
        #expect(address.description == canonical)
        var bytes = Array("source ".utf8)
        address.append(to: &bytes)
        #expect(bytes == Array("source \(canonical)".utf8))
        #expect(IPAddress(canonical) == address)
    }

    @Test(
        "what is not an address is refused",
        arguments: [
            "", "localhost", "1.2.3", "01.2.3.4", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "[::1]", "::1%lo", "1::2::3",
            "0x7f.1", "1.2.3.4\0",
        ]
    )
    func refuses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("loopback is all of 127/8, ::1 and the mapped form")
    func loopback() {
        #expect(["127.0.0.1", "127.9.8.7", "::1", "::ffff:127.0.0.1"].allSatisfy { IPAddress($0)?.isLoopback == true })
        #expect(["128.0.0.1", "0.0.0.0", "::2", "::"].allSatisfy { IPAddress($0)?.isLoopback == false })
    }

    @Test("bytes are in network order")
    func bytes() {
        #expect(IPAddress("1.2.3.4")?.bytes == [1, 2, 3, 4])
        #expect(IPAddress("2001:db8::f")?.bytes == [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0f])
    }

    @Test("socket addresses", arguments: [("0.0.0.0:8443", "0.0.0.0:8443"), ("[::1]:0", "[::1]:0")])
    func socketAddresses(text: String, canonical: String) {
        #expect(SocketAddress(text)?.description == canonical)
    }

    @Test(
        "malformed socket addresses are refused",
        arguments: [
            "", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+1", "::1:80", "[127.0.0.1]:80",
            "[::1]", "localhost:80", "127.0.0.1:8 0",
        ]
    )
    func refusedSocketAddresses(text: String) {
        #expect(SocketAddress(text) == nil)
    }
}
