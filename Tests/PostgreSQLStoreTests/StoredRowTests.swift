import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import PostgreSQLTesting
import Testing

@testable import PostgreSQLStore

@Suite("VT-5: what is in the rows of users, connections and clients")
struct StoredRowTests {
    private let now = StoreSample.now

    private func fill(_ stores: Stores) async throws -> (user: UserID, connection: Connection) {
        let user = try await stores.vault.madeUser("Ada Lovelace")
        var draft = StoreSample.draft(user, upstream: "upstream name", account: "account name")
        draft.accountName = "name of the account"
        draft.scopes = ScopeSet(["scope-of-upstream"])
        draft.providerSession = ProviderSession(id: "sid of provider", sessionID: SessionID(value: 7))
        let connection = try await stores.vault.connected(draft)
        _ = try await stores.vault.useByDefault(connection.id, of: user).outcome
        _ = try await stores.vault.keep(StoreSample.registration("upstream name", sealed: "sealed already")).outcome
        let client = StoreSample.client(
            "https://client.example/metadata",
            kind: .metadataDocument,
            name: "Name of the client",
            redirectURI: "https://redirect.example/cb"
        )
        _ = try await stores.clients.replace(client).outcome
        _ = try await stores.administration?.blocks.block(.redirectHost("blocked.example"), now: now).outcome
        return (user, connection)
    }

    @Test("no name, address, account, scope, host or client id is in clear")
    func nothingInClear() async throws {
        let nodes = try await TwoNodes()
        _ = try await fill(nodes.first)
        let tables = [
            "users", "connections", "connection_sessions", "default_connections", "upstream_registrations", "clients",
            "blocks",
        ]
        let texts = [
            "Lovelace", "@example.com", "account", "upstream name", "scope-of", "sid of", "client.example",
            "Name of", "redirect.example", "blocked", "openid", "idp.example",
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

    @Test("the other node reads what one wrote, and an identity is found by its keyed digest")
    func otherNode() async throws {
        let nodes = try await TwoNodes()
        let (userID, connection) = try await fill(nodes.first)
        #expect(try await nodes.second.vault.connection(connection.id) == connection)
        let user = try #require(try await nodes.second.vault.user(userID))
        #expect(user.name == "Ada Lovelace" && user.verifiedEmail == "Ada Lovelace@example.com")
        #expect(user.connections == [connection.id] && user.defaults == [connection.id])
        #expect(user.createdAt == now)
        let login = StoreSample.login("Ada Lovelace")
        #expect(try await nodes.second.vault.userID(of: login.identity) == userID)
        let stranger = StoreSample.login("Ada").identity
        #expect(try await nodes.second.vault.userID(of: stranger) == nil)
        let registrations = try await nodes.second.vault.registrations()
        #expect(registrations == [StoreSample.registration("upstream name", sealed: "sealed already")])
    }

    @Test(
        "a row that was changed, or moved to another place, is an error and never absent",
        arguments: [
            "UPDATE connections SET account = decode('00', 'hex') || account",
            "UPDATE connections SET scopes = account",
            "UPDATE connections SET status = 77",
            "UPDATE connections SET user_id = decode('00000000000000000000000000000009', 'hex')",
            "UPDATE connection_sessions SET entry = decode('0000000000', 'hex')",
            "UPDATE connection_sessions SET session_id = decode('00000000000000000000000000000009', 'hex')",
        ]
    )
    func damaged(change: String) async throws {
        let nodes = try await TwoNodes()
        let (_, connection) = try await fill(nodes.first)
        try await nodes.database.run(change)
        await #expect(throws: StoreError.unavailable) { try await nodes.first.vault.connection(connection.id) }
        await #expect(throws: StoreError.unavailable) {
            try await nodes.first.vault.connections(ofAccount: "account name", at: "upstream name")
        }
        // Another row is read as before.
        #expect(try await nodes.first.clients.client("https://client.example/metadata") != nil)
    }

    @Test("two users' names cannot be exchanged")
    func exchanged() async throws {
        let nodes = try await TwoNodes()
        let alice = try await nodes.first.vault.madeUser("alice", candidate: 1)
        _ = try await nodes.first.vault.madeUser("bob", candidate: 2)
        try await nodes.database.run("UPDATE users u SET name = o.name FROM users o WHERE o.id <> u.id")
        await #expect(throws: StoreError.unavailable) { try await nodes.first.vault.user(alice) }
    }

    @Test("uses are noted with one statement an hour, and a retrieval costs one")
    func roundTrips() async throws {
        let nodes = try await TwoNodes()
        let counting = FailingDatabase(nodes.database.database)
        let vault = PostgreSQLVault(try counting.place())
        let user = try await vault.madeUser()
        let connection = try await vault.connected(StoreSample.draft(user))
        func cost(_ body: () async throws -> Void) async throws -> Int {
            let before = counting.runCount
            try await body()
            return counting.runCount - before
        }
        func retrieve(_ seconds: Int) async throws {
            let found = try await vault.credential(for: user, upstream: "github", preferred: [], account: nil)
            #expect(found?.id == connection.id)
            await vault.touch(connection.id, now: now + .seconds(seconds))
        }
        #expect(try await cost { try await retrieve(0) } == 2)
        #expect(try await cost { try await retrieve(10) } == 1)
        #expect(try await cost { try await retrieve(3599) } == 1)
        #expect(try await cost { try await retrieve(3600) } == 2)
        #expect(try await cost { _ = try await vault.madeUser() } == 1)
        #expect(try await cost { _ = try await vault.connected(StoreSample.draft(user)) } == 1)
        #expect(try await cost { _ = try await vault.disconnect(connection.id).outcome } == 1)
    }

    @Test("a disconnection that is taken back restores choice, sessions and place in the list")
    func disconnectionTakenBack() async throws {
        let nodes = try await TwoNodes()
        let (user, first) = try await fill(nodes.first)
        let second = try await nodes.first.vault.connected(StoreSample.draft(user), candidate: 2)
        let before = try await nodes.first.vault.user(user)
        let disconnection = try await nodes.first.vault.disconnect(first.id)
        #expect(try await nodes.second.vault.user(user)?.connections == [second.id])
        #expect(try await nodes.second.vault.user(user)?.defaults.isEmpty == true)
        await disconnection.failAnswering()
        #expect(try await nodes.second.vault.user(user) == before)
        let found = try await nodes.second.vault.connections(ofProviderSession: "sid of provider", at: "upstream name")
        #expect(found == [first])
    }
}
