import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

/// ST-1, TK-16: an ending that is not durable is answered 503, and a retry completes it.
@Suite("Ends of connections while the journal fails")
struct EndingDurabilityTests {
    private static func run(
        configure: (inout Configuration) -> Void = { _ in },
        _ body: (VaultScene, ScriptedJournal) async throws -> Void
    ) async throws {
        let journal = ScriptedJournal()
        try await VaultScene.run(configure: configure, journal: journal) { scene in try await body(scene, journal) }
    }

    @Test("a user who disconnects is asked to try again, and then the provider is asked to revoke")
    func disconnection() async throws {
        try await Self.run { scene, journal in
            let token = try await scene.accessToken()
            let connection = try await scene.connection(of: token)
            journal.refusesToWait = true
            for _ in 0..<2 { #expect(try await scene.disconnect(connection.id.text, token).status == 503) }
            #expect(scene.corp.requestCount(on: .revocation) == 0)
            #expect(try scene.server.auditEvents("connection.disconnected").isEmpty)
            journal.refusesToWait = false
            #expect(try await scene.exchange(token, ["corp"]).status == 200)
            let answer = try await scene.disconnect(connection.id.text, token)
            #expect(answer.status == 200 && answer["provider"] == "revoked")
            #expect(try scene.server.auditEvents("connection.disconnected").count == 1)
            #expect(try await scene.disconnect(connection.id.text, token).status == 404)
        }
    }

    @Test("LO-1: a provider that sends its logout token again is heard", arguments: [true, false])
    func logout(revokes: Bool) async throws {
        try await Self.run(configure: { $0.upstreams[0].revokesOnLogout = revokes }) { scene, journal in
            let login = try await scene.logIn()
            let connection = try await scene.connection(of: try login.accessToken)
            let token = try scene.corp.logoutToken(BackChannelLogout(clientID: "gatehouse", subject: "ada"))
            journal.refusesToWait = true
            for _ in 0..<2 { #expect(try await scene.postLogout(token).status == 503) }
            await scene.server.server.performMaintenance()
            #expect(scene.corp.requestCount(on: .revocation) == 0)
            #expect(try scene.server.auditEvents("upstream.logged_out").isEmpty)
            journal.refusesToWait = false
            #expect(try await scene.postLogout(token).status == 200)
            #expect(try await scene.client.refresh(login.refreshToken).error == "invalid_grant")
            await scene.server.server.performMaintenance()
            let after = await scene.server.server.stores.vault.connection(connection.id)
            #expect(after?.status == (revokes ? nil : .revoked))
            #expect((scene.corp.requestCount(on: .revocation) > 0) == revokes)
            #expect(try scene.server.auditEvents("upstream.logged_out").count == 1)
            #expect(try await scene.postLogout(token).status == 400)
        }
    }

    @Test("RV-2: the connection of a last session waits for the journal, however it fails")
    func lastSession() async throws {
        try await Self.run(configure: { $0.upstreams[0].revokesWithLastSession = true }) { scene, journal in
            let login = try await scene.logIn()
            let vault = scene.server.server.stores.vault
            let connection = try await scene.connection(of: try login.accessToken)
            #expect(try await scene.client.revoke(login.refreshToken).status == 200)
            journal.isAvailable = false
            await scene.server.server.performMaintenance()
            journal.isAvailable = true
            journal.refusesToWait = true
            for _ in 0..<2 { await scene.server.server.performMaintenance() }
            #expect(await vault.connection(connection.id) == connection)
            #expect(scene.corp.requestCount(on: .revocation) == 0)
            journal.refusesToWait = false
            await scene.server.server.performMaintenance()
            #expect(await vault.connection(connection.id) == nil)
            #expect(try scene.server.auditEvents("connection.disconnected").first?["provider"] == "revoked")
        }
    }

    @Test("returning valid tokens adds nothing to a journal whose disk fails")
    func noteOfUse() async throws {
        try await Self.run { scene, journal in
            let token = try await scene.accessToken()
            journal.isAvailable = false
            let count = journal.records.count
            for _ in 0..<2 {
                #expect(try await scene.exchange(token, ["files"]).status == 200)
                #expect(journal.records.count == count)
            }
            journal.isAvailable = true
            #expect(try await scene.exchange(token, ["files"]).status == 200)
            #expect(journal.records.count == count + 1)
        }
    }
}
