import DevelopmentIdentityProvider
import OAuthProtocol
import OutboundHTTP
import Testing

@Suite("OAuth 2.0 in the manner of GitHub")
struct OAuth2FlavourTests {
    private static let json = [(name: "Accept", value: "application/json"), TestWorld.basic]

    private func redeem(
        _ world: TestWorld,
        fields: [(name: String, value: String)] = json
    ) async throws -> OutboundResponse {
        let query = [
            ("response_type", "code"), ("client_id", "gatehouse"), ("redirect_uri", TestWorld.redirectURI),
            ("scope", "repo,read:user"), ("state", "st4te"),
        ]
        let redirect = try await world.get(.oauth2Authorization, query: query).redirectParameters()
        #expect(redirect.values("iss").isEmpty)
        let code = try #require(redirect.values("code").first)
        return try await world.post(
            .oauth2Token,
            [("code", code), ("redirect_uri", TestWorld.redirectURI)],
            fields: fields
        )
    }

    @Test("a token without expiry, refresh token and identity; the user's id is exact")
    func flow() async throws {
        try await TestWorld.run { world in
            let tokens = try await redeem(world).json()
            #expect(tokens.names.sorted() == ["access_token", "scope", "token_type"])
            #expect(tokens["token_type"] == "bearer")
            #expect(tokens["scope"] == "repo,read:user")
            let answer = try await world.userInfo(try tokens.text("access_token"), on: .oauth2User)
            #expect(answer.text.contains("\"id\":9007199254740993,"))
            #expect(try answer.json()["login"] == "ada")
        }
    }

    @Test("the answer is a form unless JSON is asked for")
    func form() async throws {
        try await TestWorld.run { world in
            let answer = try await redeem(world, fields: [TestWorld.basic])
            #expect(answer.values(of: "Content-Type") == ["application/x-www-form-urlencoded"])
            let form = try FormParameters(parsing: answer.body)
            #expect(form.values("scope") == ["repo,read:user"])
            #expect(
                try await world.userInfo(try #require(form.values("access_token").first), on: .oauth2User).status == 200
            )
        }
    }

    @Test("errors come with status 200, when scripted and as a habit")
    func errorsWithStatus200() async throws {
        try await TestWorld.run { world in
            world.provider.script(.errorWithStatus200("bad_verification_code"), on: .oauth2Token)
            #expect(try world.error(try await redeem(world), status: 200) == "bad_verification_code")
            let unknown = try await world.post(.oauth2Token, [("code", "x")], fields: Self.json)
            #expect(try world.error(unknown) == "invalid_grant")
        }
        try await TestWorld.run({ $0.oauth2.answersErrorsWithStatus200 = true }) { world in
            let unknown = try await world.post(.oauth2Token, [("code", "x")], fields: Self.json)
            #expect(try world.error(unknown, status: 200) == "invalid_grant")
        }
    }

    @Test("as a GitHub App: tokens that expire and rotate")
    func rotating() async throws {
        try await TestWorld.run({
            $0.oauth2.accessTokenLifetime = .seconds(28_800)
            $0.oauth2.refreshTokens = .rotating
        }) { world in
            let tokens = try await redeem(world).json()
            #expect(tokens["expires_in"] == 28_800)
            let form = [("grant_type", "refresh_token"), ("refresh_token", try tokens.text("refresh_token"))]
            #expect(try await world.post(.oauth2Token, form, fields: Self.json).status == 200)
            #expect(try world.error(try await world.post(.oauth2Token, form, fields: Self.json)) == "invalid_grant")
        }
    }

    @Test("members of the user can be changed and left out")
    func userFaults() async throws {
        try await TestWorld.run { world in
            let token = try await redeem(world).json().text("access_token")
            world.provider.script(.omit("email"), .replace("id", "a text"), on: .oauth2User)
            let user = try await world.userInfo(token, on: .oauth2User).json()
            #expect(user["email"] == nil)
            #expect(user["id"] == "a text")
        }
    }
}
