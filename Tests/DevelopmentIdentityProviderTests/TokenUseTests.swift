import DevelopmentIdentityProvider
import OAuthProtocol
import OutboundHTTP
import Testing

@Suite("Using and revoking access tokens")
struct TokenUseTests {
    @Test("userinfo wants a token that works")
    func refusals() async throws {
        try await TestWorld.run { world in
            let none = try await world.get(.userInfo)
            #expect(none.status == 401)
            #expect(none.values(of: "WWW-Authenticate") == ["Bearer"])
            let unknown = try await world.userInfo("at_unknown")
            #expect(try world.error(unknown, status: 401) == "invalid_token")
            #expect(unknown.values(of: "WWW-Authenticate").first?.hasPrefix("Bearer error=\"invalid_token\"") == true)
            let token = try await world.signIn().text("access_token")
            #expect(try await world.get(.userInfo, fields: [("Authorization", "Basic " + token)]).status == 401)
            #expect(try await world.userInfo(token, on: .oauth2User).status == 401, "the other flavour")
            world.time.advance(by: .seconds(3599))
            #expect(try await world.userInfo(token).status == 200)
            world.time.advance(by: .seconds(1))
            #expect(try world.error(try await world.userInfo(token), status: 401) == "invalid_token")
        }
    }

    @Test("without openid there is neither an ID token nor userinfo")
    func withoutOpenID() async throws {
        try await TestWorld.run { world in
            let tokens = try await world.signIn(["scope": "profile"])
            #expect(tokens["id_token"] == nil)
            let answer = try await world.userInfo(try tokens.text("access_token"))
            #expect(try world.error(answer, status: 403) == "insufficient_scope")
        }
    }

    @Test("tokens without a lifetime do not say one and do not expire")
    func withoutLifetime() async throws {
        try await TestWorld.run({ $0.openIDConnect.accessTokenLifetime = nil }) { world in
            let tokens = try await world.signIn()
            #expect(tokens["expires_in"] == nil)
            world.time.advance(by: .seconds(1_000_000))
            #expect(try await world.userInfo(try tokens.text("access_token")).status == 200)
        }
    }

    @Test("a user's further claims are in the ID token and in userinfo")
    func furtherClaims() async throws {
        try await TestWorld.run { world in
            var user = DevelopmentUser.ada
            user.additionalClaims = ["oid": "00000000-0000-0000-0000-000000000ada"]
            await world.provider.setUser(user)
            let tokens = try await world.signIn()
            let claims = try await world.verified(tokens["id_token"]?.stringValue)
            #expect(claims["oid"] == user.additionalClaims["oid"])
            let answer = try await world.userInfo(try tokens.text("access_token")).json()
            #expect(answer["oid"] == user.additionalClaims["oid"])
        }
    }

    @Test("RFC 7009: revoking an access token ends it, revoking a refresh token ends the grant")
    func revocation() async throws {
        try await TestWorld.run { world in
            func revoke(_ token: String) async throws -> Int {
                try await world.post(.revocation, [("token", token)], fields: [TestWorld.basic]).status
            }
            let tokens = try await world.signIn()
            #expect(try await revoke(try tokens.text("access_token")) == 200)
            #expect(try await world.userInfo(try tokens.text("access_token")).status == 401)
            let renewed = try await world.refresh(try tokens.text("refresh_token")).json()
            #expect(try await revoke(try renewed.text("refresh_token")) == 200)
            #expect(try await world.userInfo(try renewed.text("access_token")).status == 401)
            #expect(try world.error(try await world.refresh(try renewed.text("refresh_token"))) == "invalid_grant")
            #expect(try await revoke("unknown") == 200)
            #expect(await world.provider.grantReports().map(\.revocation) == [.client])
        }
    }

    @Test("RFC 7009: another client cannot revoke, nor can one that proves nothing")
    func foreignRevocation() async throws {
        let other = DevelopmentClient(id: "other", authentication: .none)
        try await TestWorld.run({ $0.clients = .registered([TestWorld.client, other]) }) { world in
            let token = try await world.signIn().text("access_token")
            #expect(try await world.post(.revocation, [("token", token), ("client_id", "other")]).status == 400)
            #expect(try await world.post(.revocation, [("token", token), ("client_id", "gatehouse")]).status == 401)
            #expect(try await world.post(.revocation, [], fields: [TestWorld.basic]).status == 400)
            #expect(try await world.userInfo(token).status == 200)
        }
    }

    @Test("a rotated key signs at once; the old one is kept or forgotten")
    func keyRotation() async throws {
        try await TestWorld.run { world in
            let old = try await world.signIn()["id_token"]?.stringValue
            try world.provider.rotateKeys()
            let new = try await world.signIn()["id_token"]?.stringValue
            #expect(try await world.verified(old)["sub"] == "ada")
            #expect(try await world.verified(new)["sub"] == "ada")
            try world.provider.rotateKeys(keepingOld: false)
            await #expect(throws: JOSEError.unknownKey) { try await world.verified(new) }
        }
    }
}
