package import OAuthProtocol
package import OAuthState

/// Users, connections, and this server's registrations at providers, in PostgreSQL.
///
/// A verb is one transaction in one round trip. A statement that decides is the one that changes, and waits for others
/// that change the same row. What a first login or a connection must not be doubled by waits for the user's row.
package struct PostgreSQLVault: VaultStore {
    private let place: StorePlace
    let userBudget = RowBudget()
    let uses = RecentUses<ConnectionID>(interval: .seconds(3600))
    let unfinished = UnfinishedRefreshes()

    /// The vault in a database that has the present schema.
    package init(_ place: StorePlace) {
        self.place = place
    }

    var database: any SQLDatabase { place.database }
    var opener: RowOpener { place.opener }
    var seal: RowSeal { place.seal }
    var limits: StoreLimits { place.limits }

    /// Tries to store the refreshes that the database did not take; nothing else of the vault expires.
    package func sweep(now: Timestamp, limit: Int) async {
        await finishRefreshes()
    }

    private static let countRows = SQLStatement(
        """
        SELECT \(RowCount.expression(of: "users", key: "identity_key", window: 1)),
            \(RowCount.expression(of: "connections", key: "account_key", window: 1))
        """
    )

    /// The number of users and connections; above some thousands an estimate.
    package func counts() async throws(StoreError) -> (users: Int, connections: Int) {
        let rows = try await database.run(Self.countRows, RowCount.window())
        guard let row = rows.first else { throw .unavailable }
        return (Int(try row.integer(0)), Int(try row.integer(1)))
    }
}
