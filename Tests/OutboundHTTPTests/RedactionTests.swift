import OutboundHTTP
import Testing

/// D-25: secrets never reach a log, an error or a description.
struct RedactionTests {
    private let request = OutboundRequest(
        method: "POST",
        url: "https://idp.example/token?code=hidden-query",
        headerFields: [("Authorization", "Bearer hidden-header")],
        body: Array("refresh_token=hidden-body".utf8)
    )

    @Test("A request prints neither query, header values nor body")
    func requestIsRedacted() {
        for text in ["\(request)", String(reflecting: request), dumped(request), dumped([request])] {
            #expect(!text.contains("hidden"), "\(text)")
            #expect(!text.contains("104, 105, 100"), "\(text)")
        }
        #expect("\(request)" == "POST https://idp.example/token [Authorization] (25 bytes)")
    }

    @Test(
        "User information never prints either",
        arguments: ["https://u:hidden@idp.example/", "https://idp.example/hidden@x"]
    )
    func userInformation(url: String) {
        #expect(!OutboundRequest(url: url).description.contains("hidden"))
    }

    @Test("A response prints its status and sizes only")
    func responseIsRedacted() {
        let response = OutboundResponse(
            status: 200,
            headerFields: [("Set-Cookie", "hidden-header")],
            body: Array("hidden-body".utf8)
        )
        for text in ["\(response)", String(reflecting: response), dumped(response)] {
            #expect(!text.contains("hidden"))
            #expect(!text.contains("104, 105, 100"))
        }
    }

    @Test(
        "Errors repeat nothing of the query, the header values or the body",
        arguments: [
            "http://127.0.0.1:1/?code=hidden-query", "http://no-such-host.invalid/?code=hidden-query",
            "http://u:hidden@127.0.0.1/", "http://0x7f.1/?hidden", "nonsense hidden",
        ]
    )
    func errors(url: String) async throws {
        var failing = request
        failing.url = url
        failing.addressPolicy = .loopbackAllowed
        let error = try await withClient(.init(proxy: .none, resolver: ScriptedResolver([:]))) {
            try await $0.failure(of: failing)
        }
        #expect(!error.description.contains("hidden"))
        #expect(!String(reflecting: error).contains("hidden"))
    }

    @Test("A header field that is refused shows its name only")
    func refusedHeaderField() async throws {
        var failing = request
        failing.headerFields = [("X-Token", "hidden\r\nHost: evil.example")]
        let error = try await withClient { try await $0.failure(of: failing) }
        #expect(error.description == "invalidRequest: header field value of X-Token is malformed")
    }

    private func dumped(_ value: Any) -> String {
        var text = ""
        dump(value, to: &text)
        return text
    }
}
