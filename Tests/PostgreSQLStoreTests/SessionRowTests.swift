import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import PostgreSQLTesting
import Testing

@testable import PostgreSQLStore

@Suite("VT-5: what is in the rows of logins, sessions, devices and keys")
struct SessionRowTests {
    private let now = StoreSample.now

    /// A redeemed code, a login at a provider, a consent, an agent, a device's request and keys.
    private func fill(_ stores: Stores) async throws -> Session {
        var grant = StoreSample.grant()
        grant.claims = ["email": "ada@example.com"]
        let session = try await stores.sessions.opened(grant)
        var pending = StoreSample.pending(2)
        pending.claims = ["email": "ada@example.com"]
        pending.request.loginHint = "ada@example.com"
        _ = try await stores.sessions.begin(pending, state: StoreSample.digest("state"), now: now).outcome
        _ = try await stores.sessions.rememberConsent(StoreSample.consent("consent")).outcome
        let device = DeviceAuthorization(
            deviceCode: StoreSample.digest("device"),
            userCode: StoreSample.digest("user code"),
            clientID: StoreSample.clientID,
            scopes: StoreSample.scopes,
            resource: StoreSample.resource,
            expiry: now + .seconds(600)
        )
        _ = try await stores.devices.begin(device, now: now).outcome
        _ = try await stores.keys.install(try StoreSample.signingKey(.active), now: now).outcome
        _ = try await stores.keys.serverSecret(candidate: Array("the root secret".utf8)).outcome
        _ = try await stores.keys.addVaultKey(Array("a vault secret".utf8), now: now).outcome
        return session
    }

    @Test("no client id, address, resource, scope, claim, state or secret is in clear")
    func nothingInClear() async throws {
        let nodes = try await TwoNodes()
        _ = try await fill(nodes.first)
        let tables = [
            "logins", "codes", "sessions", "consents", "devices", "signing_keys", "vault_keys", "server_secret",
        ]
        let texts = [
            "dcr_sample", "mcp.example", "mcp:", "offline_access", "127.0.0.1", "of the client", "ada@", "github",
            "corp", "PRIVATE", "the root secret", "a vault secret",
        ]
        for table in tables {
            let rows = try await nodes.database.run("SELECT CAST(t AS text) FROM \(table) t")
            #expect(!rows.isEmpty, "\(table)")
            for row in rows {
                let row = try row.text(0).lowercased()
                for text in texts {
                    let hex = text.utf8.map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
                    #expect(!row.contains(text.lowercased()) && !row.contains(hex), "\(text) is in \(table)")
                }
            }
        }
    }

    @Test(
        "a session whose row was changed is an error, and never absent",
        arguments: [
            "UPDATE sessions SET body = decode('00', 'hex') || body",
            "UPDATE sessions SET body = ''::bytea",
            "UPDATE sessions SET generation = 5000000000",
            "UPDATE sessions SET bound_key = decode('00', 'hex')",
        ]
    )
    func damaged(change: String) async throws {
        let nodes = try await TwoNodes()
        let session = try await fill(nodes.first)
        let other = try await nodes.first.sessions.opened(StoreSample.grant(2))
        let row = session.id.bytes
        try await nodes.database.run("\(change) WHERE id = $1", [.bytes(row)])
        let store = nodes.second.sessions
        await #expect(throws: StoreError.unavailable) { try await store.session(session.id, now: now) }
        await #expect(throws: StoreError.unavailable) { try await store.sessions(of: session.userID, now: now) }
        #expect(try await store.session(other.id, now: now) == other)
    }

    @Test("the bodies of two sessions cannot be exchanged")
    func exchanged() async throws {
        let nodes = try await TwoNodes()
        let session = try await nodes.first.sessions.opened(StoreSample.grant(1))
        _ = try await nodes.first.sessions.opened(StoreSample.grant(2))
        try await nodes.database.run("UPDATE sessions s SET body = o.body FROM sessions o WHERE o.id <> s.id")
        let store = nodes.first.sessions
        await #expect(throws: StoreError.unavailable) { try await store.session(session.id, now: now) }
    }

    @Test("the verbs of a client's requests cost one round trip each")
    func roundTrips() async throws {
        let nodes = try await TwoNodes()
        let counting = FailingDatabase(nodes.database.database)
        let store = PostgreSQLSessions(try counting.place())
        func cost(_ body: () async throws -> Void) async throws -> Int {
            let before = counting.runCount
            try await body()
            return counting.runCount - before
        }
        let code = StoreSample.digest("code")
        let conditions = RefreshConditions(neededUpstreams: [StoreSample.resource: ["github"]])
        let issuing = try await cost {
            _ = try await store.issueCode(code, for: StoreSample.grant(), now: now).outcome
        }
        let redeeming = try await cost {
            _ = try await store.redeem(StoreSample.redemption("code"), now: now).outcome
        }
        let rotating = try await cost {
            _ = try await store.rotate(StoreSample.use(generation: 1), under: conditions, now: now).outcome
        }
        let asking = try await cost {
            let token = AccessTokenReference(tokenID: "token", sessionID: SessionID(value: 1))
            _ = try await store.standing(of: token, now: now)
        }
        let ending = try await cost { _ = try await store.end(SessionEnding(sessions: [SessionID(value: 1)])).outcome }
        #expect([issuing, redeeming, rotating, asking, ending] == [1, 1, 1, 1, 1])
    }

    @Test("while the database is away nothing is answered, neither that a session is there nor that it is not")
    func away() async throws {
        let nodes = try await TwoNodes()
        let failing = FailingDatabase(nodes.database.database)
        let store = PostgreSQLSessions(try failing.place())
        let session = try await store.opened(StoreSample.grant())
        let conditions = RefreshConditions(neededUpstreams: [StoreSample.resource: []])
        failing.fails = true
        await #expect(throws: StoreError.unavailable) { try await store.session(session.id, now: now) }
        await #expect(throws: StoreError.unavailable) {
            try await store.rotate(StoreSample.use(generation: 1), under: conditions, now: now).outcome
        }
        await #expect(throws: StoreError.unavailable) { try await store.revoke(session.id).outcome }
        await #expect(throws: StoreError.unavailable) {
            try await store.hasConsent(StoreSample.digest("consent"), now: now)
        }
        failing.fails = false
        #expect(try await store.session(session.id, now: now) == session)
    }
}

extension LoginStore {
    /// The session of a code that is issued for this grant and redeemed.
    func opened(_ grant: AuthorizationGrant, now: Timestamp = StoreSample.now) async throws -> Session {
        let code = "code of \(grant.sessionID)"
        _ = try await issueCode(StoreSample.digest(code), for: grant, now: now).outcome
        var redemption = StoreSample.redemption(code)
        redemption.clientID = grant.request.clientID
        let outcome = try await redeem(redemption, now: now).outcome
        guard case .redeemed(let session, _) = outcome else {
            throw Unexpected(description: "redeeming came to \(outcome)")
        }
        return session
    }
}
