import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("Global Token Revocation: a provider's signed request (draft-parecki-oauth-global-token-revocation)")
struct GlobalRevocationTokenTests {
    private static let endpoint = "https://auth.example.com/oauth/global-token-revocation"

    /// What Okta's Universal Logout sends: five minutes back and five minutes ahead.
    private func token(
        _ provider: ScriptedProvider,
        type: String = "global-token-revocation+jwt",
        key: SigningKey? = nil,
        _ adjust: (inout JSONObject) -> Void = { _ in }
    ) throws -> String {
        let now = Int(provider.time.now().secondsSinceEpoch)
        var claims: JSONObject = [
            "iss": .string(ScriptedProvider.issuer), "aud": .string(Self.endpoint), "sub": "client-of-the-provider",
            "iat": .integer(now), "nbf": .integer(now - 300), "exp": .integer(now + 300), "jti": "revocation-1",
        ]
        adjust(&claims)
        return try (key ?? provider.key).sign(type: type, payload: claims.serialized())
    }

    @Test("is accepted for the endpoint's URL", arguments: ["", "application/"])
    func accepted(prefix: String) async throws {
        let provider = try ScriptedProvider()
        let token = try token(provider, type: prefix + "global-token-revocation+jwt")
        let verified = try await provider.client().verifyGlobalRevocationToken(token, endpoint: Self.endpoint)
        #expect(verified.tokenID == "revocation-1")
        #expect(verified.expiry == provider.time.now() + .seconds(300))
        let list = try self.token(provider) { $0["aud"] = [.string(Self.endpoint)] }
        _ = try await provider.client().verifyGlobalRevocationToken(list, endpoint: Self.endpoint)
    }

    static let refused: [IDTokenTests.Change] = [
        .init("another issuer") { $0["iss"] = "https://evil.example" },
        .init("no issuer") { $0["iss"] = nil },
        .init("our client id as the audience") { $0["aud"] = .string(ScriptedProvider.clientID) },
        .init("another application's endpoint") { $0["aud"] = "https://other.example/global-token-revocation" },
        .init("the endpoint with a slash") { $0["aud"] = .string(endpoint + "/") },
        .init("a second audience") { $0["aud"] = [.string(endpoint), "https://other.example"] },
        .init("no audience") { $0["aud"] = nil },
        .init("no identifier") { $0["jti"] = nil },
        .init("an empty identifier") { $0["jti"] = "" },
        .init("an overlong identifier") { $0["jti"] = .string(String(repeating: "j", count: 256)) },
        .init("no issue time") { $0["iat"] = nil },
        .init("no expiry") { $0["exp"] = nil },
        .init("expired") { $0["exp"] = .integer(IDTokenTests.now - 61) },
        .init("issued in the future") { $0["iat"] = .integer(IDTokenTests.now + 120) },
        .init("not yet valid") { $0["nbf"] = .integer(IDTokenTests.now + 120) },
        .init("valid for more than an hour") { $0["exp"] = .integer(IDTokenTests.now + 3601) },
    ]

    @Test(arguments: refused)
    func refusal(change: IDTokenTests.Change) async throws {
        let provider = try ScriptedProvider()
        let token = try token(provider, change.apply)
        let code = try await error {
            try await provider.client().verifyGlobalRevocationToken(token, endpoint: Self.endpoint)
        }.code
        #expect(code == .invalidIDToken)
    }

    @Test("D-36: another type, another key, an ID token and a text that is no token are refused")
    func confusion() async throws {
        let provider = try ScriptedProvider()
        let client = try provider.client()
        let foreign = SigningKey(privateKey: try PrivateKey.generate(.es256), algorithm: .es256, keyID: "key-1")
        for token in [
            try provider.idToken(), try token(provider, type: "JWT"), try token(provider, type: "logout+jwt"),
            try token(provider, key: foreign), "x.y.z", "",
        ] {
            let code = try await error {
                try await client.verifyGlobalRevocationToken(token, endpoint: Self.endpoint)
            }.code
            #expect(code == .invalidIDToken)
        }
    }
}
