import OAuthProtocol
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("OpenID Connect Core 1.0 §5.3: userinfo")
struct UserInfoTests {
    private func loginWithThinToken(
        _ use: UpstreamBehaviour.UserInfoUse,
        _ answers: ScriptedTransport.Answer...
    ) async throws -> UpstreamLogin {
        let provider = try ScriptedProvider()
        try provider.answerCode {
            for name in ["name", "preferred_username", "email", "email_verified"] { $0[name] = nil }
        }
        for answer in answers { provider.transport.on(ScriptedProvider.userInfoURL, answer) }
        return try await provider.client { $0.behaviour.userInfoUse = use }.login()
    }

    @Test("Userinfo adds to a short ID token, and replaces no claim of it")
    func completed() async throws {
        let answer = ScriptedTransport.json([
            "sub": .string(ScriptedProvider.subject), "name": "Ada", "iss": "https://evil.example", "groups": ["a"],
        ])
        let login = try await loginWithThinToken(.whenNameIsMissing, answer)
        #expect(login.name == "Ada")
        #expect(login.claims["groups"] == ["a"])
        #expect(login.claims["iss"]?.stringValue == ScriptedProvider.issuer)
    }

    @Test("An answer about another user fails the login (UP-2)", arguments: [JSONValue.string("user-18"), .null, 17])
    func otherSubject(subject: JSONValue) async throws {
        let answer = ScriptedTransport.json(["sub": subject, "name": "Eve"])
        let error = try await error { try await loginWithThinToken(.whenNameIsMissing, answer) }
        #expect(error.code == .userInfoFailed)
    }

    @Test("A missing name fails no login; a missing claim that decides does")
    func unavailable() async throws {
        let login = try await loginWithThinToken(.whenNameIsMissing, ScriptedTransport.failure(.timeout))
        #expect(login.name == nil && login.subject == ScriptedProvider.subject)
        #expect(
            try await error { try await loginWithThinToken(.always, ScriptedTransport.failure(.timeout)) }.isTemporary
        )
        let error = try await error { try await loginWithThinToken(.always, ScriptedTransport.status(401)) }
        #expect(error.code == .userInfoFailed)
        #expect(try await loginWithThinToken(.never).name == nil)
    }

    @Test("The token goes in the header, and only to the provider's own endpoint")
    func bearer() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode { $0["name"] = nil }
        provider.transport.on(
            ScriptedProvider.userInfoURL,
            ScriptedTransport.json(["sub": .string(ScriptedProvider.subject)])
        )
        _ = try await provider.client().login()
        let request = try #require(provider.transport.requests(to: ScriptedProvider.userInfoURL).first)
        #expect(request.field("Authorization") == "Bearer at-1")
        #expect(!request.url.contains("at-1"))
    }

    @Test("UP-4, D-64: required claims are enforced on the token, whatever the hint was")
    func requiredClaims() async throws {
        for (value, isAccepted) in [
            (JSONValue.string("corp.example"), true), (["x", "corp.example"], true),
            ("CORP.example", false), (.null, false), (["x"], false), ([["corp.example"]], false),
            (["corp.example": true], false),
        ] {
            let provider = try ScriptedProvider()
            try provider.answerCode { $0["hd"] = value }
            let client = try provider.client {
                $0.requiredClaims = [.init(claim: "hd", acceptedValues: ["corp.example"])]
            }
            if isAccepted {
                _ = try await client.login()
            } else {
                #expect(try await error { try await client.login() }.code == .notAdmitted)
            }
        }
    }
}
