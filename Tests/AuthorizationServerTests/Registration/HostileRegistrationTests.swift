import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import Testing

@Suite("RFC 7591 §5: hostile registrations")
struct HostileRegistrationTests {
    /// A registration, the status that it gets, and its error.
    struct Attempt: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: String
        let status: Int
        let error: String

        init(_ name: String, _ body: String, _ error: String, status: Int = 400) {
            (testDescription, self.body, self.status, self.error) = (name, body, status, error)
        }

        /// A body with one redirect URI and further members.
        static func with(_ members: String) -> String { #"{"redirect_uris":["https://a.example/cb"],\#(members)}"# }
    }

    private static let attempts: [Attempt] = [
        Attempt(
            "a name of a megabyte",
            Attempt.with(#""client_name":"\#(String(repeating: "a", count: 1 << 20))""#),
            "invalid_request",
            status: 413
        ),
        Attempt(
            "ten thousand redirect URIs",
            #"{"redirect_uris":[\#(repeatElement(#""h:""#, count: 10_000).joined(separator: ","))]}"#,
            "invalid_redirect_uri"
        ),
        Attempt("a numeric name", Attempt.with(#""client_name":7"#), "invalid_client_metadata"),
        Attempt("half a surrogate pair", Attempt.with(#""client_name":"\ud800""#), "invalid_client_metadata"),
        Attempt(
            "a prototype in place of the list",
            #"{"__proto__":{"redirect_uris":["https://a.example/cb"]}}"#,
            "invalid_redirect_uri"
        ),
        Attempt("a redirect that runs", #"{"redirect_uris":["javascript:alert(1)"]}"#, "invalid_redirect_uri"),
        Attempt(
            "a redirect inside the network",
            #"{"redirect_uris":["http://169.254.169.254/cb"]}"#,
            "invalid_redirect_uri"
        ),
    ]

    @Test("D-91: each is refused by its fault, and the next client registers as usual", arguments: attempts)
    func refused(attempt: Attempt) async throws {
        try await TestServer.run { server in
            let answer = try await server.visitor.send(
                "POST",
                "/oauth/register",
                headerFields: [("content-type", "application/json")],
                body: Array(attempt.body.utf8)
            )
            #expect(answer.status == attempt.status)
            #expect(answer["client_id"] == nil)
            // A body that is too large may be refused by the HTTP server, whose answer has no OAuth error.
            if attempt.status == 400 { #expect(answer.error == attempt.error) }
            #expect(try await OAuthTestClient.registered(at: server).tokens(at: server).status == 200)
        }
    }

    @Test("D-91: a name of marks and directions is stored short and shown plain")
    func unicodeBomb() async throws {
        try await TestServer.run { server in
            let marks =
                String(repeating: "\u{0310}", count: 10_000) + "\u{202E}" + String(repeating: "\u{200F}", count: 99)
            var client = OAuthTestClient(
                issuer: server.issuer,
                transport: server.transport,
                resource: TestServer.resource
            )
            let answer = try await client.register([
                "client_name": .string("Z" + marks), "redirect_uris": [.string(client.redirectURI)],
                "token_endpoint_auth_method": "none",
            ])
            #expect(answer.status == 201)
            client.id = try #require(answer["client_id"])
            let page = try await TestBrowser(transport: server.transport).get(client.authorizationURL())
            #expect(page.status == 200)
            #expect(!page.text.unicodeScalars.contains("\u{202E}"))
            #expect(page.text.utf8.count < 20_000)
        }
    }

    @Test(
        "D-92: a client that takes another's name is shown with its own address, and as unverified",
        arguments: ["Claude", "Claude\u{202E}", "Claude (verified by Gatehouse)", "<b>ChatGPT</b>"]
    )
    func impersonation(name: String) async throws {
        try await TestServer.run { server in
            var client = OAuthTestClient(
                issuer: server.issuer,
                transport: server.transport,
                resource: TestServer.resource
            )
            client.redirectURI = "https://evil.example/api/mcp/auth_callback"
            let answer = try await client.register([
                "client_name": .string(name), "redirect_uris": [.string(client.redirectURI)],
                "client_uri": "https://claude.ai", "logo_uri": "https://claude.ai/favicon.ico",
                "token_endpoint_auth_method": "none",
            ])
            client.id = try #require(answer["client_id"])
            let page = try await TestBrowser(transport: server.transport).get(client.authorizationURL())
            #expect(page.status == 200)
            #expect(page.text.contains("evil.example"))
            #expect(page.text.contains("unverified"))
            // The page has neither the address nor the picture of the real client, and no markup of this one.
            #expect(!page.text.contains("claude.ai"))
            #expect(!page.text.contains("<b>ChatGPT"))
            #expect(server.provider.capturedRequests().isEmpty)
        }
    }
}
