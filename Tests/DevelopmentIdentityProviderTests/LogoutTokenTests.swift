import DevelopmentIdentityProvider
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@Suite("Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4)")
struct LogoutTokenTests {
    private func claims(_ logout: BackChannelLogout, in world: TestWorld) async throws -> JSONObject {
        let keys = try JSONWebKeySet(parsing: try await world.get(.keySet).body)
        let token = try world.provider.logoutToken(logout)
        return try JSONWebToken.verified(token, keys: keys, algorithms: [.es256], types: ["logout+jwt"])
    }

    @Test("names the user and the session of the ID token")
    func contents() async throws {
        try await TestWorld.run { world in
            let session = try await world.verified(try await world.signIn()["id_token"]?.stringValue).text("sid")
            let logout = BackChannelLogout(clientID: "gatehouse", subject: "ada", sessionID: session)
            let claims = try await claims(logout, in: world)
            #expect(claims["iss"] == .string(world.provider.issuer))
            #expect(claims["aud"] == "gatehouse")
            #expect(claims["sub"] == "ada")
            #expect(claims["sid"] == .string(session))
            #expect(claims["events"]?.objectValue?[BackChannelLogout.event] == [:])
            #expect(claims["nonce"] == nil)
            let again = try await self.claims(logout, in: world)
            #expect(claims["jti"] != again["jti"])
        }
    }

    @Test(
        "and can be wrong",
        arguments: [
            (.nonce, "nonce"), (.wrongEvents, "events"), (.missingEvents, "events"), (.missingTokenID, "jti"),
            (.wrongAudience, "aud"), (.wrongIssuer, "iss"), (.expired, "exp"),
        ] as [(BackChannelLogout.Defect, String)]
    )
    func defects(defect: BackChannelLogout.Defect, name: String) async throws {
        try await TestWorld.run { world in
            let sound = try await claims(BackChannelLogout(clientID: "gatehouse", subject: "ada"), in: world)
            let broken = BackChannelLogout(clientID: "gatehouse", subject: "ada", defects: [defect])
            let claims = try await claims(broken, in: world)
            #expect(claims[name] != sound[name])
            #expect(claims["sub"] == sound["sub"])
        }
    }

    @Test("of another type, or signed by a stranger")
    func forgeries() async throws {
        try await TestWorld.run { (world) async throws in
            func refusal(_ defect: BackChannelLogout.Defect) async throws -> JOSEError? {
                let logout = BackChannelLogout(clientID: "gatehouse", subject: "ada", defects: [defect])
                return await #expect(throws: JOSEError.self) { try await claims(logout, in: world) }
            }
            #expect(try await refusal(.type("JWT")) == .wrongType)
            #expect(try await refusal(.forgery(.foreignKey)) == .invalidSignature)
        }
    }
}
