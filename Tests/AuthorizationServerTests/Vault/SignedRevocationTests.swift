import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("Global Token Revocation with a JWT of the provider's, as Okta's Universal Logout")
struct SignedRevocationTests {
    private static let path = "/oauth/global-token-revocation"

    private static func run(_ body: (VaultScene) async throws -> Void) async throws {
        try await VaultScene.run(configure: { $0.upstreams[0].acceptsSignedRevocation = true }, body)
    }

    private static func token(
        _ scene: VaultScene,
        by provider: DevelopmentIdentityProvider? = nil,
        id: String = "revocation-1",
        type: String = "global-token-revocation+jwt",
        forgery: Fault.Forgery? = nil,
        _ adjust: (inout JSONObject) -> Void = { _ in }
    ) throws -> String {
        let provider = provider ?? scene.corp
        let now = Int(scene.clock.now().secondsSinceEpoch)
        var claims: JSONObject = [
            "iss": .string(provider.issuer), "aud": .string(scene.server.issuer + path), "sub": "gatehouse",
            "iat": .integer(now), "nbf": .integer(now - 300), "exp": .integer(now + 300), "jti": .string(id),
        ]
        adjust(&claims)
        return try provider.signedToken(claims, type: type, forgery: forgery)
    }

    private static func post(
        _ scene: VaultScene,
        _ token: String,
        _ body: JSONObject
    ) async throws -> OAuthTestClient.Answer {
        try await scene.client.send(
            "POST",
            path,
            headerFields: [("authorization", "Bearer " + token), ("content-type", "application/json")],
            body: body.serialized()
        )
    }

    private static func account(_ scene: VaultScene, _ member: String = "sub_id") -> JSONObject {
        [member: ["format": "iss_sub", "iss": .string(scene.corp.issuer), "sub": "ada"]]
    }

    private static func isLive(_ tokens: OAuthTestClient.Answer, _ scene: VaultScene) async throws -> Bool {
        let token = try #require(tokens["access_token"])
        return try await scene.exchange(token, ["corp"]).status == 200
    }

    @Test("ends everything of the named user, once; the subject's earlier name is accepted, too")
    func ends() async throws {
        try await Self.run { scene in
            let bodies = [
                Self.account(scene), ["sub_id": ["format": "email", "email": "ada@example.com"]],
                Self.account(scene, "subject"), ["subject": ["format": "email", "email": "ada@example.com"]],
            ]
            let grace = try await scene.logIn(as: "grace")
            for (number, body) in bodies.enumerated() {
                let ada = try await scene.logIn()
                let token = try Self.token(scene, id: "revocation-\(number)")
                #expect(try await Self.post(scene, token, body).status == 204)
                #expect(try await !Self.isLive(ada, scene))
                #expect(try await scene.client.refresh(ada["refresh_token"] ?? "").error == "invalid_grant")
            }
            #expect(try await Self.isLive(grace, scene))
            let events = try scene.server.auditEvents("upstream.revoked_user")
            #expect(events.count == bodies.count && events.allSatisfy { $0["upstream"]?.stringValue == "corp" })
        }
    }

    @Test("a request that is sent again ends nothing")
    func replayed() async throws {
        try await Self.run { scene in
            _ = try await scene.logIn()
            let token = try Self.token(scene)
            #expect(try await Self.post(scene, token, Self.account(scene)).status == 204)
            let later = try await scene.logIn()
            let answer = try await Self.post(scene, token, Self.account(scene))
            #expect(answer.status == 401 && answer.error == "invalid_token")
            #expect(try await Self.isLive(later, scene))
        }
    }

    @Test("of twenty at once with one identifier, one is accepted")
    func raced() async throws {
        try await Self.run { scene in
            _ = try await scene.logIn()
            let (token, body) = (try Self.token(scene), Self.account(scene))
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await Self.post(scene, token, body).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 204 } == 1 && statuses.count { $0 == 401 } == 19)
        }
    }

    @Test("a flaw of the token is 401 with the same words, and ends nothing")
    func refused() async throws {
        try await Self.run { scene in
            let ada = try await scene.logIn()
            var tokens = [
                try Self.token(scene) { $0["aud"] = "gatehouse" },
                try Self.token(scene) { $0["iss"] = .string(scene.files.issuer) },
                try Self.token(scene) { $0["exp"] = .integer(Int(scene.clock.now().secondsSinceEpoch) - 61) },
                try Self.token(scene) { $0["jti"] = nil },
                // The other upstream's provider is not permitted to sign.
                try Self.token(scene, by: scene.files),
            ]
            for forgery in [Fault.Forgery.unknownKeyID, .foreignKey, .changedPayload] {
                tokens.append(try Self.token(scene, forgery: forgery))
            }
            for token in tokens {
                let answer = try await Self.post(scene, token, Self.account(scene))
                #expect(answer.status == 401 && answer.error == "invalid_token")
                #expect(answer["error_description"] == "the token of the identity provider is invalid")
                #expect(answer.header("www-authenticate")?.hasPrefix("Bearer") == true)
            }
            #expect(try await Self.isLive(ada, scene))
            #expect(scene.server.log.all.contains { $0.contains("a signed global revocation was not accepted") })
        }
    }

    @Test("what is not such a JWT is a wrong secret: no signature, a shared secret, another type")
    func otherTokens() async throws {
        try await Self.run { scene in
            let ada = try await scene.logIn()
            let tokens = [
                try Self.token(scene, forgery: .algorithmNone), try Self.token(scene, forgery: .algorithmHS256),
                try Self.token(scene, type: "JWT"), try Self.token(scene, type: "logout+jwt"), "",
                ada["access_token"] ?? "",
            ]
            for token in tokens {
                #expect(try await Self.post(scene, token, Self.account(scene)).status == 401)
            }
            #expect(try await Self.isLive(ada, scene))
        }
    }

    @Test("a subject that is missing, or given twice, does not use the token up")
    func malformed() async throws {
        try await Self.run { scene in
            let ada = try await scene.logIn()
            let token = try Self.token(scene)
            var both = Self.account(scene)
            both["subject"] = both["sub_id"]
            for body in [both, [:], ["sub_id": ["format": "phone_number", "phone_number": "+15551234567"]]] {
                #expect(try await Self.post(scene, token, body).status == 400)
            }
            #expect(try await Self.isLive(ada, scene))
            #expect(try await Self.post(scene, token, Self.account(scene)).status == 204)
            #expect(try await !Self.isLive(ada, scene))
        }
    }

    @Test("a provider can name its own accounts only")
    func foreignAccount() async throws {
        try await Self.run { scene in
            let ada = try await scene.logIn()
            let body: JSONObject = ["sub_id": ["format": "iss_sub", "iss": .string(scene.files.issuer), "sub": "ada"]]
            #expect(try await Self.post(scene, try Self.token(scene), body).status == 404)
            #expect(try await Self.isLive(ada, scene))
        }
    }

    @Test("it is announced with its method, and without the key a signed request is refused")
    func announcement() async throws {
        try await Self.run { scene in
            let metadata = try await scene.client.send("GET", "/.well-known/oauth-authorization-server").json
            #expect(metadata["global_token_revocation_endpoint"] == .string(scene.server.issuer + Self.path))
            let methods = metadata["global_token_revocation_endpoint_auth_methods_supported"]
            #expect(methods == ["global-token-revocation+jwt"])
        }
        let secret = SecretReference.value(SecretValue("a-long-token-that-only-corp-knows-0123456789"))
        try await VaultScene.run(configure: { $0.upstreams[0].globalRevocationToken = secret }) { scene in
            let ada = try await scene.logIn()
            #expect(try await Self.post(scene, try Self.token(scene), Self.account(scene)).status == 401)
            #expect(try await Self.isLive(ada, scene))
        }
    }
}
