import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import PostgreSQLStore
import PostgreSQLTesting
import Testing

/// Two nodes over the tables of one test.
struct TwoNodes {
    let database: TestDatabase
    let first: Stores
    let second: Stores

    init(_ settings: StoreSettings = StoreSettings()) async throws {
        database = try await TestDatabase()
        first = try await TestStorage.open(database.settings, settings).stores
        second = try await TestStorage.open(database.settings, settings).stores
    }
}

/// Steps that several tests begin with.
extension UserStore {
    /// A user with a login identity of this name.
    func madeUser(_ name: String = "alice", candidate: UInt64 = 1) async throws -> UserID {
        let outcome = try await resolveUser(
            StoreSample.login(name),
            candidate: UserID(value: Bits128(candidate)),
            now: StoreSample.now
        ).outcome
        return try #require(outcome)
    }
}

extension ConnectionStore {
    /// A connection from this draft.
    func connected(
        _ draft: ConnectionDraft,
        candidate: UInt64 = 1,
        now: Timestamp = StoreSample.now
    ) async throws -> Connection {
        let outcome = try await store(draft, candidate: ConnectionID(value: Bits128(candidate)), now: now).outcome
        guard case .stored(let connection) = outcome else {
            throw Unexpected(description: "storing tokens came to \(outcome)")
        }
        return connection
    }
}

/// What a test did not expect.
struct Unexpected: Error, CustomStringConvertible {
    let description: String
}
