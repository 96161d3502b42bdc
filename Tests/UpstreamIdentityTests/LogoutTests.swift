import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("OpenID Connect Back-Channel Logout 1.0 §2.6 (LO-1)")
struct LogoutTests {
    private func token(
        _ provider: ScriptedProvider,
        type: String = "logout+jwt",
        key: SigningKey? = nil,
        _ adjust: (inout JSONObject) -> Void = { _ in }
    ) throws -> String {
        let now = Int(provider.time.now().secondsSinceEpoch)
        var claims: JSONObject = [
            "iss": .string(ScriptedProvider.issuer), "aud": .string(ScriptedProvider.clientID), "iat": .integer(now),
            "exp": .integer(now + 120), "jti": "logout-1", "sub": .string(ScriptedProvider.subject), "sid": "session-9",
            "events": ["http://schemas.openid.net/event/backchannel-logout": [:]],
        ]
        adjust(&claims)
        return try (key ?? provider.key).sign(type: type, payload: claims.serialized())
    }

    @Test(
        "A logout token names an account, a session or both",
        arguments: ["logout+jwt", "JWT", "application/logout+jwt"]
    )
    func accepted(type: String) async throws {
        let provider = try ScriptedProvider()
        let client = try provider.client()
        let both = try await client.verifyLogoutToken(token(provider, type: type))
        #expect(both.subject == ScriptedProvider.subject && both.sessionID == "session-9")
        #expect(both.tokenID == "logout-1")
        #expect(both.expiry == provider.time.now() + .seconds(120))
        let session = try await client.verifyLogoutToken(token(provider) { $0["sub"] = nil })
        #expect(session.subject == nil && session.sessionID == "session-9")
        let account = try await client.verifyLogoutToken(token(provider) { $0["sid"] = nil })
        #expect(account.subject == ScriptedProvider.subject && account.sessionID == nil)
    }

    static let refused: [IDTokenTests.Change] = [
        .init("a nonce makes it an ID token") { $0["nonce"] = "n" },
        .init("no event") { $0["events"] = nil },
        .init("another event") { $0["events"] = ["http://schemas.openid.net/event/other": [:]] },
        .init("an event that is no object") {
            $0["events"] = ["http://schemas.openid.net/event/backchannel-logout": true]
        },
        .init("neither account nor session") {
            $0["sub"] = nil
            $0["sid"] = nil
        },
        .init("an account that is a number") { $0["sub"] = 17 },
        .init("a session that is a number") { $0["sid"] = 17 },
        .init("an empty session") { $0["sid"] = "" },
        .init("no identifier") { $0["jti"] = nil },
        .init("an overlong identifier") { $0["jti"] = .string(String(repeating: "j", count: 256)) },
        .init("another issuer") { $0["iss"] = "https://evil.example" },
        .init("another audience") { $0["aud"] = "other" },
        .init("no issue time") { $0["iat"] = nil },
        .init("no expiry") { $0["exp"] = nil },
        .init("expired") { $0["exp"] = .integer(IDTokenTests.now - 61) },
        .init("issued in the future") { $0["iat"] = .integer(IDTokenTests.now + 120) },
    ]

    @Test(arguments: refused)
    func refusal(change: IDTokenTests.Change) async throws {
        let provider = try ScriptedProvider()
        let token = try token(provider, change.apply)
        #expect(try await error { try await provider.client().verifyLogoutToken(token) }.code == .invalidIDToken)
    }

    @Test("An ID token, another key and another type are no logout token (D-36)")
    func confusion() async throws {
        let provider = try ScriptedProvider()
        let client = try provider.client()
        let foreign = SigningKey(privateKey: try PrivateKey.generate(.es256), algorithm: .es256, keyID: "key-1")
        for token in [
            try provider.idToken(), try token(provider, type: "at+jwt"), try token(provider, key: foreign), "x.y.z", "",
        ] {
            #expect(try await error { try await client.verifyLogoutToken(token) }.code == .invalidIDToken)
        }
    }
}
