import Testing

@testable import OutboundHTTP

/// What is refused before anything is looked up or dialled.
struct ExchangePlanTests {
    @Test("Malformed methods are refused", arguments: ["", "get", "GET ", "G\r\nT", "CONNECT", "PROPPATCHPROPPATCH"])
    func methods(method: String) {
        #expect(code(OutboundRequest(method: method, url: "https://example.com/")) == .invalidRequest)
    }

    @Test(
        "Header fields that would frame the message otherwise are refused",
        arguments: [
            ("Host", "evil.example"), ("content-length", "5"), ("Transfer-Encoding", "chunked"),
            ("Connection", "close"),
            ("Expect", "100-continue"), ("Proxy-Authorization", "Basic x"), ("Upgrade", "h2c"), ("TE", "trailers"),
            ("", "x"), ("X Y", "x"), ("X:", "x"), ("X\r\nY", "x"), ("X", "a\nb"), ("X", "a\rb"), ("X", "a\u{0}b"),
            ("X", "\u{7f}"),
        ]
    )
    func headerFields(name: String, value: String) {
        #expect(code(OutboundRequest(url: "https://example.com/", headerFields: [(name, value)])) == .invalidRequest)
    }

    @Test("Names are vetted under strict policies only")
    func vetting() throws {
        #expect(try plan("https://Example.com/", .publicOnly).nameToVet == "example.com")
        #expect(try plan("https://8.8.8.8/", .publicOnly).nameToVet == nil)
        #expect(try plan("https://idp/", .allowPrivate).nameToVet == nil)
        #expect(try plan("https://idp.cluster.local./", .unrestricted).nameToVet == nil)
        #expect(code(OutboundRequest(url: "https://idp/", addressPolicy: .loopbackAllowed)) == .addressRefused)
        #expect(code(OutboundRequest(url: "https://[::1]/", addressPolicy: .publicOnly)) == .addressRefused)
    }

    private func plan(_ url: String, _ policy: AddressPolicy) throws -> ExchangePlan {
        try ExchangePlan(OutboundRequest(url: url, addressPolicy: policy), deadline: .now)
    }

    private func code(_ request: OutboundRequest) -> OutboundError.Code? {
        #expect(throws: OutboundError.self) { try ExchangePlan(request, deadline: .now) }?.code
    }
}
