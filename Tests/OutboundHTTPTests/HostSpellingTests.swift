import OutboundHTTP
import Testing

/// D-82: hosts that mean different things to different readers.
struct HostSpellingTests {
    @Test(
        "D-82: ambiguous spellings are refused",
        arguments: [
            "0x7f.1", "2130706433", "127.1", "127.0.1", "0177.0.0.1", "0x7f000001", "0X7F.0.0.1", "127.0.0.01",
            "1.2.3.4.5",
            "1.2.3.256", "foo.0x", "foo.1", "localhost.", "example.com.", "127.0.0.1.", ".", "", ".example.com",
            "exa..mple.com", "intranet", "metadata", "-a.example", "a-.example", "ex%61mple.com", "exämple.com",
            "ｅxample.com", "example。com", "①②⑦.0.0.1", "exam ple.com", "[::1", "[]", "[127.0.0.1]", "[fe80::1%25lo]",
            "[::1].example.com", String(repeating: "a", count: 64) + ".example",
            String(repeating: "abcdefgh.", count: 30) + "example",
        ]
    )
    func refused(host: String) {
        guard case .refused(let reason) = HostSpelling.classify(host) else {
            Issue.record("\(host) was not refused")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test(
        "Names are folded to lower case",
        arguments: [
            ("example.com", "example.com"), ("EXAMPLE.Com", "example.com"), ("localhost", "localhost"),
            ("xn--exmple-cua.com", "xn--exmple-cua.com"), ("1.example", "1.example"), ("a_b.example", "a_b.example"),
            ("0x7f.example", "0x7f.example"), ("1e3.0xfg", "1e3.0xfg"),
        ]
    )
    func names(host: String, name: String) {
        #expect(HostSpelling.classify(host) == .name(name))
    }

    @Test(
        "Literal addresses are read",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("[::]", "::"), ("[::1]", "::1"), ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
        ]
    )
    func addresses(host: String, address: String) throws {
        #expect(HostSpelling.classify(host) == .address(try #require(RemoteAddress(address))))
    }
}
