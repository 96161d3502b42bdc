import DevelopmentIdentityProvider
import OAuthProtocol
import OutboundHTTP
import Testing

@Suite("Refresh tokens")
struct RefreshTests {
    @Test("a rotated token that comes again kills the whole grant (RFC 9700 §4.14.2)")
    func reuse() async throws {
        try await TestWorld.run { world in
            let first = try await world.signIn().text("refresh_token")
            let second = try await world.refresh(first).json()
            #expect(try world.error(try await world.refresh(first)) == "invalid_grant")
            #expect(try world.error(try await world.refresh(try second.text("refresh_token"))) == "invalid_grant")
            #expect(try await world.userInfo(try second.text("access_token")).status == 401)
            let report = try #require(await world.provider.grantReports().first)
            #expect(report.revocation == .refreshTokenReuse)
            #expect(report.refreshCount == 1)
            #expect(report.refreshAttemptCount == 3)
        }
    }

    @Test("reuse in one grant leaves the others alone")
    func isolation() async throws {
        try await TestWorld.run { world in
            let stolen = try await world.signIn().text("refresh_token")
            let other = try await world.signIn().text("refresh_token")
            _ = try await world.refresh(stolen)
            _ = try await world.refresh(stolen)
            #expect(try await world.refresh(other).status == 200)
        }
    }

    @Test("of 16 racers on one token one wins, and none keeps what was won")
    func race() async throws {
        try await TestWorld.run { world in
            let token = try await world.signIn().text("refresh_token")
            let statuses = try await withThrowingTaskGroup { group in
                for _ in 0..<16 { group.addTask { try await world.refresh(token).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1)
            #expect(await world.provider.grantReports().map(\.revocation) == [.refreshTokenReuse])
        }
    }

    @Test("a reusable token stays, and is not repeated")
    func reusable() async throws {
        try await TestWorld.run({ $0.openIDConnect.refreshTokens = .reusable }) { world in
            let token = try await world.signIn().text("refresh_token")
            for _ in 0..<3 {
                let answer = try await world.refresh(token)
                #expect(answer.status == 200)
                #expect(try answer.json()["refresh_token"] == nil)
            }
            #expect(await world.provider.grantReports().map(\.refreshCount) == [3])
        }
    }

    @Test("a provider without refresh tokens")
    func none() async throws {
        try await TestWorld.run({ $0.openIDConnect.refreshTokens = .none }) { (world) async throws in
            #expect(try await world.signIn()["refresh_token"] == nil)
        }
    }

    @Test("the ID token of a refresh has no nonce (OpenID Connect Core 1.0 §12.2)")
    func nonce() async throws {
        try await TestWorld.run { world in
            let answer = try await world.refresh(try await world.signIn().text("refresh_token")).json()
            let claims = try await world.verified(answer["id_token"]?.stringValue)
            #expect(claims["nonce"] == nil)
            #expect(claims["sub"] == "ada")
        }
    }

    @Test("scopes may shrink but not grow")
    func scopes() async throws {
        try await TestWorld.run { world in
            let token = try await world.signIn().text("refresh_token")
            func answer(_ scope: String, _ token: String) async throws -> OutboundResponse {
                let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)]
                return try await world.post(.token, form, fields: [TestWorld.basic])
            }
            #expect(try world.error(try await answer("openid admin", token)) == "invalid_scope")
            let narrowed = try await answer("openid", token).json()
            #expect(narrowed["scope"] == "openid")
            #expect(try await world.userInfo(try narrowed.text("access_token")).json()["email"] == nil)
        }
    }

    @Test("a token of another client, an unknown one and none are refused")
    func foreign() async throws {
        let other = DevelopmentClient(id: "other", secret: "s3cret")
        try await TestWorld.run({ $0.clients = .registered([TestWorld.client, other]) }) { world in
            let token = try await world.signIn().text("refresh_token")
            let basic = (name: "Authorization", value: "Basic " + Base64.encode(Array("other:s3cret".utf8)))
            #expect(try world.error(try await world.refresh(token, fields: [basic])) == "invalid_grant")
            #expect(try world.error(try await world.refresh("rt_unknown")) == "invalid_grant")
            #expect(try world.error(try await world.refresh("")) == "invalid_request")
            #expect(try await world.refresh(token).status == 200, "the others' attempts changed nothing")
        }
    }

    @Test("what the provider's people revoke stops working")
    func revokedByProvider() async throws {
        try await TestWorld.run { world in
            let tokens = try await world.signIn()
            await world.provider.revokeAccessTokens(of: "ada")
            #expect(try await world.userInfo(try tokens.text("access_token")).status == 401)
            let renewed = try await world.refresh(try tokens.text("refresh_token")).json()
            #expect(try await world.userInfo(try renewed.text("access_token")).status == 200)
            await world.provider.revokeGrants(of: "grace")
            #expect(try await world.userInfo(try renewed.text("access_token")).status == 200)
            await world.provider.revokeGrants(of: "ada")
            #expect(try await world.userInfo(try renewed.text("access_token")).status == 401)
            #expect(try world.error(try await world.refresh(try renewed.text("refresh_token"))) == "invalid_grant")
        }
    }

    @Test("a code whose grant was revoked before it was redeemed")
    func revokedCode() async throws {
        try await TestWorld.run { world in
            let code = try await world.code()
            await world.provider.revokeGrants(of: "ada")
            #expect(try world.error(try await world.redeem(code)) == "invalid_grant")
        }
    }

    @Test("a removed user's tokens stop working, and no one can sign in as her")
    func removedUser() async throws {
        try await TestWorld.run { world in
            let tokens = try await world.signIn()
            await world.provider.removeUser("ada")
            #expect(try await world.userInfo(try tokens.text("access_token")).status == 401)
            #expect(try world.error(try await world.refresh(try tokens.text("refresh_token"))) == "invalid_grant")
            let answer = try await world.get(.authorization, query: TestWorld.authorizationQuery)
            #expect(try answer.redirectParameters().values("error") == ["access_denied"])
            #expect(await world.provider.users.map(\.subject) == ["grace"])
        }
    }
}
