import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("LO-1, D-96: back-channel logout received from a provider")
struct BackChannelLogoutTests {
    private static func logout(
        _ scene: VaultScene,
        sid: String? = nil,
        _ defects: [BackChannelLogout.Defect] = []
    )
        throws -> String
    {
        try scene.corp.logoutToken(
            BackChannelLogout(
                clientID: "gatehouse",
                subject: sid == nil ? "ada" : nil,
                sessionID: sid,
                defects: defects
            )
        )
    }

    private static func isLive(_ answer: OAuthTestClient.Answer, _ scene: VaultScene) async throws -> Bool {
        let token = try #require(answer["access_token"])
        return try await scene.exchange(token, ["files"]).status == 200
    }

    @Test("a subject: every session of the account ends, and so does its connection")
    func bySubject() async throws {
        try await VaultScene.run { scene in
            let (first, second) = (try await scene.logIn(), try await scene.logIn())
            let grace = try await scene.logIn(as: "grace")
            let connection = try await scene.connection(of: try #require(first["access_token"]))
            let answer = try await scene.postLogout(try Self.logout(scene))
            #expect(answer.status == 200 && answer.header("cache-control") == "no-store")
            for ended in [first, second] {
                #expect(try await !Self.isLive(ended, scene))
                #expect(try await scene.client.refresh(try #require(ended["refresh_token"])).error == "invalid_grant")
            }
            #expect(try await Self.isLive(grace, scene))
            let after = await scene.server.server.stores.vault.connection(connection.id)
            #expect(after?.status == .revoked && after?.reason == "logged_out_at_provider")
            #expect(scene.server.auditLog.all.contains { $0.contains("upstream.logged_out") })
            // The next login of the account is the same user's.
            #expect(try await Self.isLive(try await scene.logIn(), scene))
        }
    }

    @Test("a session: only ours that came of it end; the connection that a later login made stays")
    func bySession() async throws {
        try await VaultScene.run { scene in
            let first = try await scene.logIn()
            let sid = try #require(
                try await scene.connection(of: first["access_token"] ?? "").providerSessions.last?.id
            )
            let second = try await scene.logIn()
            #expect(try await scene.postLogout(try Self.logout(scene, sid: sid)).status == 200)
            #expect(try await !Self.isLive(first, scene))
            #expect(try await Self.isLive(second, scene))
            let connection = try await scene.connection(of: second["access_token"] ?? "")
            #expect(connection.status == .active)
            let last = try #require(connection.providerSessions.last?.id)
            #expect(last != sid)
            #expect(try await scene.postLogout(try Self.logout(scene, sid: last)).status == 200)
            #expect(try await !Self.isLive(second, scene))
            #expect(await scene.server.server.stores.vault.connection(connection.id)?.status == .revoked)
        }
    }

    @Test("LO-1: an account of a further provider, which is no login identity, ends the sessions that rest on it")
    func byFurtherAccount() async throws {
        try await VaultScene.run { scene in
            let ada = try await scene.logIn()
            // Someone else's session rests on the same account.
            let shared = try await scene.logIn(as: "grace", atFiles: "ada")
            let connection = try await scene.connection("files", of: ada["access_token"] ?? "")
            let logout = try scene.files.logoutToken(BackChannelLogout(clientID: "gatehouse", subject: "ada"))
            #expect(try await scene.postLogout(logout, to: "files").status == 200)
            for ended in [ada, shared] {
                #expect(try await !Self.isLive(ended, scene))
                #expect(try await scene.client.refresh(try #require(ended["refresh_token"])).error == "invalid_grant")
            }
            #expect(await scene.server.server.stores.vault.connection(connection.id)?.status == .revoked)
            // The identity provider's account is still connected, and a login connects the other one again.
            #expect(try await Self.isLive(try await scene.logIn(), scene))
        }
    }

    @Test("an unknown session or subject ends nothing, and gets the same answer as a known one")
    func unknown() async throws {
        try await VaultScene.run { scene in
            let login = try await scene.logIn()
            #expect(try await scene.postLogout(try Self.logout(scene, sid: "not-ours")).status == 200)
            let other = BackChannelLogout(clientID: "gatehouse", subject: "grace")
            #expect(try await scene.postLogout(try scene.corp.logoutToken(other)).status == 200)
            #expect(try await Self.isLive(login, scene))
        }
    }

    @Test(
        "D-96: a token with a nonce, other events, another audience or issuer, expired or forged ends nothing",
        arguments: [
            .nonce, .wrongEvents, .missingEvents, .missingTokenID, .wrongAudience, .wrongIssuer, .expired,
            .type("at+jwt"), .forgery(.algorithmNone), .forgery(.algorithmHS256), .forgery(.unknownKeyID),
            .forgery(.foreignKey), .forgery(.changedPayload),
        ] as [BackChannelLogout.Defect]
    )
    func refused(defect: BackChannelLogout.Defect) async throws {
        try await VaultScene.run { scene in
            let login = try await scene.logIn()
            let answer = try await scene.postLogout(try Self.logout(scene, [defect]))
            #expect(answer.status == 400 && answer.error == "invalid_request")
            #expect(try await Self.isLive(login, scene))
        }
    }

    @Test("D-96: a replayed token is refused and ends nothing that came after it")
    func replay() async throws {
        try await VaultScene.run { scene in
            let token = try Self.logout(scene)
            #expect(try await scene.postLogout(token).status == 200)
            let login = try await scene.logIn()
            let again = try await scene.postLogout(token)
            #expect(again.status == 400 && again.error == "invalid_request")
            #expect(try await Self.isLive(login, scene))
        }
    }

    @Test("D-65: a token for another provider’s endpoint, no token, or no such provider")
    func misdirected() async throws {
        try await VaultScene.run { scene in
            let login = try await scene.logIn()
            #expect(try await scene.postLogout(try Self.logout(scene), to: "files").status == 400)
            #expect(try await scene.postLogout(try Self.logout(scene), to: "unknown").status == 404)
            #expect(try await scene.postLogout("").status == 400)
            #expect(try await Self.isLive(login, scene))
        }
    }

    @Test(
        "a code that was issued and not redeemed does not survive, whatever the logout names",
        arguments: [true, false]
    )
    func unredeemedCode(bySession: Bool) async throws {
        try await VaultScene.run { scene in
            let code = try await scene.code()
            let graces = try await scene.code(as: "grace")
            var sid: String?
            if bySession {
                let connections = await scene.server.server.stores.vault.connections(after: nil, limit: 100)
                sid = connections.first { $0.upstream == "corp" && $0.account == "ada" }?.providerSessions.last?.id
                try #require(sid != nil)
            }
            #expect(try await scene.postLogout(try Self.logout(scene, sid: sid)).status == 200)
            #expect(try await scene.client.redeem(code).error == "invalid_grant")
            #expect(try await scene.client.redeem(graces).status == 200)
            let counts = await scene.server.server.stores.sessions.counts
            #expect(counts.sessions == 1)
        }
    }

    @Test("a login that is still at its second provider does not survive")
    func loginUnderWay() async throws {
        try await VaultScene.run { scene in
            let browser = scene.browser()
            let signIn = try await scene.walkToFiles(browser)
            #expect(try await scene.postLogout(try Self.logout(scene)).status == 200)
            let end = try await scene.walk(signIn, browser)
            #expect(end.status == 400 && end.header("location") == nil)
            #expect(await scene.server.server.stores.sessions.counts.codes == 0)
        }
    }

    @Test("a login whose callback is asking the second provider for tokens does not survive either")
    func loginInHand() async throws {
        try await VaultScene.run { scene in
            let browser = scene.browser()
            let signIn = try await scene.walkToFiles(browser)
            let gate = ResponseGate()
            scene.files.script(.hold(gate), on: .token)
            async let walk = scene.walk(signIn, browser)
            await scene.files.waitForRequests(1, on: .token)
            #expect(try await scene.postLogout(try Self.logout(scene)).status == 200)
            gate.open()
            let end = try await walk
            #expect(end.header("location")?.contains("error=access_denied") == true)
            let counts = await scene.server.server.stores.sessions.counts
            #expect(counts.codes == 0 && counts.sessions == 0)
            // A new login succeeds.
            #expect(try await Self.isLive(try await scene.logIn(), scene))
        }
    }

    @Test(
        "revoke_on_logout: the connection’s tokens are erased here and revoked at the provider, and both are recorded"
    )
    func revokesTokens() async throws {
        try await VaultScene.run(configure: { $0.upstreams[0].revokesOnLogout = true }) { scene in
            let login = try await scene.logIn()
            let connection = try await scene.connection(of: try #require(login["access_token"]))
            #expect(try await scene.postLogout(try Self.logout(scene)).status == 200)
            #expect(await scene.server.server.stores.vault.connection(connection.id) == nil)
            await scene.server.server.performMaintenance()
            #expect(scene.corp.requestCount(on: .revocation) == 2)
            let events = try scene.server.auditEvents("connection.disconnected")
            #expect(events.count == 1 && events.first?["by"] == "logged_out_at_provider")
            #expect(events.first?["provider"] == "revoked")
            // The other provider said nothing, and keeps its tokens.
            #expect(await scene.server.server.stores.vault.counts.connections == 1)
            #expect(scene.files.requestCount(on: .revocation) == 0)
        }
    }
}
