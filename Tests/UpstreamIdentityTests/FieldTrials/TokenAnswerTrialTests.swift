import OAuthProtocol
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("Field trials: how providers write token answers")
struct TokenAnswerTrialTests {
    let service = ScriptedService()

    private func tokens(_ answer: JSONObject) async throws -> UpstreamTokenResponse {
        var answer = answer
        answer["access_token"] = answer["access_token"] ?? "at"
        service.answer(answer)
        return try await service.client().login(nonce: nil).tokens
    }

    // The scripted clock reads 1 795 000 000, which is 2026-11-18T11:06:40Z.
    private static let spellings: [(String, Int64)] = [
        (#""expires_in": 3600"#, 3600), (#""expires_in": "3600""#, 3600), (#""expires_in": " 3600 ""#, 3600),
        (#""expires_in": "3600.0""#, 3600), (#""expires_in": "3.6e3""#, 3600), (#""expiresIn": 3600"#, 3600),
        (#""expires_in_sec": 3600, "expires_in": 3600000"#, 3600), (#""expires_in": 1795003600"#, 3600),
        (#""expires_in": 3600.0"#, 3600), (#""expires_in": 3600.9"#, 3600), (#""expires_in": 3.6009e3"#, 3600),
        (#""expires_at": 1795003600"#, 3600), (#""expires_at": "1795003600""#, 3600),
        (#""expires_at": 1795003600.5"#, 3600), (#""expires_at": 1795003600000"#, 3600),
        (#""expires_at": "1795003600000""#, 3600), (#""expires_at": 1795003600000000"#, 3600),
        (#""expires_on": "1795003600""#, 3600), (#""expiry_date": 1795003600000"#, 3600),
        (#""expires": 5184000"#, 5_184_000), (#""expires_at": "2026-11-18T12:06:40Z""#, 3600),
        (#""expires_at": "2026-11-18T12:06:40.9Z""#, 3600), (#""expires_at": "2026-11-18T13:06:40+01:00""#, 3600),
        (#""expires_at": "2026-11-18T06:36:40-0530""#, 3600), (#""expires_at": "2026-11-18 12:06:40""#, 3600),
        (#""expires_at": "2026-11-18T12:06Z""#, 3560), (#""expires_at": "2026-11-18 12:06:40 UTC""#, 3600),
        (#""expires_at": "Wed, 18 Nov 2026 12:06:40 GMT""#, 3600),
        // A time in the past is no lifetime; otherwise a dead token would be returned as one without an end.
        (#""expires_at": 1794999000"#, 0), (#""expires_at": "2020-01-01T00:00:00Z""#, 0),
        // An unreadable lifetime beside a readable time of expiry.
        (#""expires_in": null, "expires_at": 1795003600"#, 3600),
        (#""expires_in": "soon", "expires_at": 1795003600"#, 3600),
    ]

    private func lifetime(_ members: String) async throws -> Duration? {
        try await tokens(try JSONParser.parseObject(Array("{\(members)}".utf8))).lifetime
    }

    @Test("P-11: a lifetime is understood in every spelling", arguments: spellings)
    func lifetimes(members: String, seconds: Int64) async throws {
        #expect(try await lifetime(members)?.wholeSeconds == seconds)
    }

    @Test("P-11: 0 without a refresh token means no known end; with one the token is due at once")
    func zero() async throws {
        #expect(try await tokens(["expires_in": 0]).lifetime == nil)
        #expect(try await tokens(["expires_in": "0"]).lifetime == nil)
        #expect(try await tokens(["expires_at": 0]).lifetime == nil)
        #expect(try await tokens(["expires_in": 0, "refresh_token": "rt"]).lifetime == .zero)
        // The refresh token that was sent remains valid when the answer has none.
        service.answer(["access_token": "at", "expires_in": 0])
        #expect(try await service.client().refresh(refreshToken: "rt").lifetime == .zero)
    }

    @Test(
        "P-11: what states no lifetime leaves the end unknown",
        arguments: [
            "", #""expires_in": "never""#, #""expires_in": -1"#, #""expires_in": true"#, #""expires_in": "0x10""#,
            #""expires_in": "nan""#, #""expires_in": 99999999999999"#, #""expires_at": "tomorrow""#,
            #""expires_at": "2026-02-30T00:00:00Z""#, #""expires_at": "2026-13-01T00:00:00Z""#,
        ]
    )
    func noLifetime(members: String) async throws {
        #expect(try await lifetime(members) == nil)
    }

    @Test(
        "P-11: bodies are judged by their content, not by their label",
        arguments: [
            "text/plain", "text/html; charset=utf-8", "application/x-www-form-urlencoded", "application/json", "",
        ]
    )
    func labels(type: String) async throws {
        let form = "token_type=bearer&expires_in=3600&scope=read%20write&access_token=at\n"
        let json = "\u{FEFF} {\"access_token\": \"at\", \"expires_in\": 3600, \"scope\": \"read write\"}"
        for body in [form, json] {
            service.answer([:])
            service.transport.replace(ScriptedService.tokenURL, ScriptedTransport.text(body, type: type))
            let login = try await service.client().login(nonce: nil)
            #expect(login.accessToken == "at" && login.tokens.lifetime == .seconds(3600), "\(type)")
            #expect(login.scopes.text == "read write")
        }
        service.transport.replace(ScriptedService.tokenURL, ScriptedTransport.text("error=invalid_grant", type: type))
        #expect(try await error { try await service.client().login(nonce: nil) }.code == .invalidGrant)
    }

    @Test(
        "P-11: what is neither JSON nor a form is no answer",
        arguments: ["<html>access_token=at</html>", "", "access granted", "[\"access_token=at\"]", "sorry=1"]
    )
    func pages(body: String) async throws {
        service.transport.replace(ScriptedService.tokenURL, ScriptedTransport.text(body, type: "text/html"))
        let failure = try await error { try await service.client().login(nonce: nil) }
        #expect(failure.code == .invalidResponse && failure.isOutcomeUnknown)
    }

    @Test(
        "P-4: every type that is used as a bearer token is one",
        arguments: [
            "Bearer", "bearer", "BEARER", "bot", "user", "Bearer Token", "BearerToken", "bearer_token", "OAuth2",
            "urn:ietf:params:oauth:token-type:access_token", "JWT",
        ]
    )
    func tokenTypes(type: String) async throws {
        #expect(try await tokens(["token_type": .string(type)]).accessToken == "at")
    }

    @Test(
        "P-4: a type that needs a proof is refused, and an unknown one unless it is named",
        arguments: ["mac", "DPoP", "pop", "magic"]
    )
    func refusedTypes(type: String) async throws {
        service.answer(["access_token": "at", "token_type": .string(type)])
        #expect(try await error { try await service.client().login(nonce: nil) }.code == .invalidResponse)
        let named = try service.client { $0.tokenTypes = [type] }
        if type == "magic" {
            #expect(try await named.login(nonce: nil).accessToken == "at")
        } else {
            #expect(try await error { try await named.login(nonce: nil) }.code == .invalidResponse)
        }
        #expect(named.configuration.warnings.map(\.key) == ["token_types"])
    }

    @Test("P-11: tokens are found where token_response says, with their neighbours, and nowhere else")
    func nested() async throws {
        var response = TokenResponseOverrides()
        response.accessToken = ["data.access_token"]
        let client = try service.client { $0.tokenResponse = response }
        let inner: JSONObject = [
            "access_token": "at", "expires_in": "3600", "refresh_token": "rt", "scope": "read", "token_type": "Bearer",
        ]
        service.answer(["code": 0, "data": .object(inner), "refresh_token": "another's"])
        let login = try await client.login(nonce: nil)
        #expect(login.accessToken == "at" && login.refreshToken == "rt")
        #expect(login.tokens.lifetime == .seconds(3600) && login.scopes.text == "read")
        // A refreshed token may be in the usual place.
        service.answer(["access_token": "at-2", "refresh_token": "rt-2"])
        #expect(try await client.refresh(refreshToken: "rt").refreshToken == "rt-2")
        #expect(try await error { try await client.login(nonce: nil) }.code == .invalidResponse)
    }

    @Test("P-11: each member has a path of its own")
    func mappedMembers() async throws {
        var response = TokenResponseOverrides()
        response.accessToken = ["result.token"]
        response.refreshToken = ["result.renewal"]
        response.expiresAt = ["result.until"]
        response.scope = ["rights"]
        response.tokenType = ["kind"]
        let client = try service.client { $0.tokenResponse = response }
        service.answer([
            "result": ["token": "at", "renewal": "rt", "until": "2026-11-18T12:06:40Z"], "rights": ["read"],
            "kind": "Bearer",
        ])
        let login = try await client.login(nonce: nil)
        #expect(login.accessToken == "at" && login.refreshToken == "rt" && login.scopes.text == "read")
        #expect(login.tokens.lifetime == .seconds(3600))
    }

    // MARK: - Slack

    private func slack(_ preset: UpstreamPreset, _ answer: JSONObject) throws -> UpstreamProvider {
        service.transport.replace("https://slack.com/api/oauth.v2.access", ScriptedTransport.json(answer))
        return try service.client(ScriptedService.configuration(preset: preset, scopes: ["users:read"]))
    }

    private static let team: JSONValue = ["id": "T1", "name": "Corp"]

    @Test("P-4: Slack's flat answer for users, with the scopes beside the user", arguments: ["Bearer", "user", nil])
    func slackFlat(type: String?) async throws {
        let client = try slack(
            .slack,
            [
                "ok": true, "access_token": "xoxp-1", "token_type": type.map(JSONValue.string) ?? .null, "scope": "",
                "authed_user": ["id": "U1", "scope": "users:read,chat:write"], "team": Self.team,
            ]
        )
        let login = try await client.login(nonce: nil)
        #expect(login.accessToken == "xoxp-1" && login.subject == "T1/U1")
        #expect(login.scopes.text == "users:read chat:write")
    }

    @Test("P-4: Slack's older flat answer names user and team without nesting")
    func slackOlder() async throws {
        let client = try slack(
            .slack,
            [
                "ok": true, "access_token": "xoxp-1", "scope": "users:read", "user_id": "U1", "team_id": "T1",
                "team_name": "Corp",
            ]
        )
        let login = try await client.login(nonce: nil)
        #expect(login.subject == "T1/U1" && login.accountName == "Corp" && login.scopes.text == "users:read")
    }

    @Test("P-4: a bot's token is for the preset of bots, and never taken for the user's")
    func slackBot() async throws {
        let answer: JSONObject = [
            "ok": true, "access_token": "xoxb-1", "token_type": "bot", "scope": "users:read", "bot_user_id": "B1",
            "authed_user": ["id": "U1"], "team": Self.team,
        ]
        let user = try slack(.slack, answer)
        #expect(try await error { try await user.login(nonce: nil) }.code == .invalidResponse)
        let bot = try slack(.slackBot, answer)
        #expect(try await bot.authorizationParameters().values("scope") == ["users:read"])
        let login = try await bot.login(nonce: nil)
        #expect(login.accessToken == "xoxb-1" && login.subject == "T1/U1" && login.scopes.text == "users:read")
        // Revoking at one user's disconnect would take the workspace's token from the others.
        #expect(try await bot.revoke(token: "xoxb-1", hint: .accessToken) == .notOffered)
    }

    @Test("P-4: scope beside user_scope, and no PKCE where the app refuses it")
    func slackParameters() async throws {
        let configuration = try ScriptedService.configuration(preset: .slack, scopes: ["users:read", "search:read"]) {
            $0.additionalScopes = [UpstreamScopeParameter(name: "scope", scopes: ["chat:write", "commands"])]
            $0.proofKey = .off
        }
        try configuration.check()
        let parameters = try await service.client(configuration).authorizationParameters()
        #expect(parameters.values("user_scope") == ["users:read,search:read"])
        #expect(parameters.values("scope") == ["chat:write,commands"])
        #expect(parameters.values("code_challenge").isEmpty && parameters.values("code_challenge_method").isEmpty)
        let doubled = try ScriptedService.configuration(preset: .slack) {
            $0.additionalScopes = [UpstreamScopeParameter(name: "user_scope", scopes: ["a"])]
        }
        #expect(throws: UpstreamError.self) { try doubled.check() }
        let foreign = try ScriptedService.configuration(preset: .slack) {
            $0.additionalScopes = [UpstreamScopeParameter(name: "state", scopes: ["a"])]
        }
        #expect(throws: UpstreamError.self) { try foreign.check() }
    }
}
