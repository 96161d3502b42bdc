import DevelopmentIdentityProvider
import OAuthProtocol
import OutboundHTTP
import Testing

@Suite("The authorization endpoint")
struct AuthorizationTests {
    /// A request that must not be answered by redirect.
    struct Untrusted: Sendable, CustomTestStringConvertible {
        let title: String
        let changes: [String: String?]
        var testDescription: String { title }
    }

    @Test(
        "a client and a redirect URI that do not belong together are never redirected to",
        arguments: [
            Untrusted(title: "an unknown client", changes: ["client_id": "stranger"]),
            Untrusted(title: "no client", changes: ["client_id": nil]),
            Untrusted(title: "no redirect URI", changes: ["redirect_uri": nil]),
            Untrusted(title: "another redirect URI", changes: ["redirect_uri": "http://127.0.0.1:9/callback/"]),
            Untrusted(title: "a longer one", changes: ["redirect_uri": TestWorld.redirectURI + "?x=1"]),
            Untrusted(title: "a fragment", changes: ["redirect_uri": TestWorld.redirectURI + "#f"]),
            Untrusted(title: "a line break", changes: ["redirect_uri": TestWorld.redirectURI + "\r\nSet-Cookie: a=b"]),
        ]
    )
    func untrusted(request: Untrusted) async throws {
        try await TestWorld.run { world in
            let query = TestWorld.authorizationQuery(request.changes)
            let answer = try await world.get(.authorization, query: query)
            #expect(answer.status == 400)
            #expect(answer.values(of: "Location").isEmpty)
            #expect(answer.values(of: "Content-Type") == ["text/html; charset=utf-8"])
        }
    }

    @Test("a repeated parameter is refused")
    func repeated() async throws {
        try await TestWorld.run { (world) async throws in
            let query = TestWorld.authorizationQuery + [("state", "another")]
            #expect(try await world.get(.authorization, query: query).status == 400)
        }
    }

    @Test(
        "what a trusted client does wrong goes back to it",
        arguments: [
            (["response_type": "token"], "unsupported_response_type"),
            (["response_type": nil], "unsupported_response_type"),
            (["code_challenge": nil, "code_challenge_method": nil], "invalid_request"),
            (["code_challenge_method": "plain"], "invalid_request"),
            (["code_challenge_method": nil], "invalid_request"),
            (["code_challenge": "short"], "invalid_request"),
        ] as [([String: String?], String)]
    )
    func errors(changes: [String: String?], error: String) async throws {
        try await TestWorld.run { world in
            let answer = try await world.get(.authorization, query: TestWorld.authorizationQuery(changes))
            let parameters = try answer.redirectParameters()
            #expect(parameters.values("error") == [error])
            #expect(parameters.values("code").isEmpty)
            #expect(parameters.values("state") == ["st4te"])
            #expect(parameters.values("iss") == [world.provider.issuer])
        }
    }

    @Test("without a registration any client may ask, and its code stays its own")
    func anyClient() async throws {
        try await TestWorld.run({ $0.clients = .any }) { world in
            let code = try await world.code(["client_id": "any-client"])
            #expect(try world.error(try await world.redeem(code)) == "invalid_grant")
            let answer = try await world.post(
                .token,
                [
                    ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", TestWorld.redirectURI),
                    ("code_verifier", TestWorld.verifier), ("client_id", "any-client"),
                ]
            )
            #expect(answer.status == 200)
        }
    }

    @Test("the redirect can be made to lie")
    func redirectFaults() async throws {
        try await TestWorld.run { (world) async throws in
            func next(_ fault: Fault) async throws -> FormParameters {
                world.provider.script(fault, on: .authorization)
                let answer = try await world.get(.authorization, query: TestWorld.authorizationQuery)
                return try answer.redirectParameters()
            }
            #expect(try await next(.oauthError("access_denied")).values("error") == ["access_denied"])
            #expect(try await next(.replace("state", "another")).values("state") == ["another"])
            #expect(try await next(.omit("state")).values("state").isEmpty)
            #expect(try await next(.omit("iss")).values("iss").isEmpty)
            #expect(try await next(.omit("code")).values("code").isEmpty)
            #expect(try await next(.wrongIssuer).values("iss") == ["https://other.example.com"])
            #expect(try await next(.furtherParameter).values("code").count == 1)
        }
    }

    @Test("faults of the authorization endpoint wait for the sign-in page")
    func faultsWaitForPage() async throws {
        try await TestWorld.run({ $0.signIn = .form }) { world in
            world.provider.script(.omit("state"), on: .authorization)
            let answer = try await world.post(.signIn, [("request", try await world.handle()), ("user", "ada")])
            #expect(try answer.redirectParameters().values("state").isEmpty)
        }
    }
}

extension Fault {
    /// A parameter that no client expects.
    fileprivate static var furtherParameter: Fault { .replace("extra", "parameter") }
}
