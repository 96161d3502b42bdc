package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// Pages of the tables for operators, in PostgreSQL.
///
/// What a filter asks for is sealed for the most part, so slices of a table are read in the order of their keys and
/// filtered here, until the page is full. Clients and consents are in the order of their keys in the database.
package struct PostgreSQLListing: StateListing {
    private let tables: PostgreSQLSessions
    private let vault: PostgreSQLVault
    private let clientTable: PostgreSQLClients
    private let policy: SessionPolicy

    /// How many rows a slice has.
    private static let sliceCount = 1000

    /// Pages of these stores; `policy` tells when a session began.
    package init(
        sessions: PostgreSQLSessions,
        vault: PostgreSQLVault,
        clients: PostgreSQLClients,
        policy: SessionPolicy
    ) {
        tables = sessions
        self.vault = vault
        clientTable = clients
        self.policy = policy
    }

    package func sessions(
        _ filter: SessionFilter,
        after id: SessionID?,
        limit: Int,
        now: Timestamp
    ) async throws(StoreError) -> [Session] {
        try await page(after: id, limit: limit, \.id, where: { filter.matches($0, policy: policy) }) {
            (after, count) throws(StoreError) in
            try await tables.liveSessions(of: filter.userID, after: after, limit: count, now: now)
        }
    }

    package func users(containing text: String?, after id: UserID?, limit: Int) async throws(StoreError) -> [User] {
        let text = text?.lowercased()
        return try await page(
            after: id,
            limit: limit,
            \.id,
            where: { user in
                guard let text else { return true }
                return [user.name, user.verifiedEmail].contains { $0?.lowercased().contains(text) ?? false }
            }
        ) { (after, count) throws(StoreError) in
            try await vault.users(after: after, limit: count)
        }
    }

    package func clients(after id: String?, limit: Int) async throws(StoreError) -> [ClientRecord] {
        try await clientTable.records(after: id, limit: limit)
    }

    package func consents(
        of userID: UserID?,
        to clientID: String?,
        after id: String?,
        limit: Int,
        now: Timestamp
    ) async throws(StoreError) -> [RememberedConsent] {
        let key = id.flatMap { Base64URL.decode($0) }.flatMap { SHA256Digest(bytes: $0) }
        return try await page(
            after: key,
            limit: limit,
            \.key,
            where: { consent in clientID.map { consent.clientID.hasSameBytes(as: $0) } ?? true }
        ) { (after, count) throws(StoreError) in
            try await tables.liveConsents(of: userID, after: after, limit: count, now: now)
        }
    }

    /// The first `limit` rows after a key that match; `slice` returns fewer than asked for only at the table's end.
    private func page<Row, Key>(
        after key: Key?,
        limit: Int,
        _ keyOf: (Row) -> Key,
        where matches: (Row) -> Bool,
        _ slice: (Key?, Int) async throws(StoreError) -> [Row]
    ) async throws(StoreError) -> [Row] {
        var (page, last): ([Row], Key?) = ([], key)
        while page.count < limit {
            let rows = try await slice(last, Self.sliceCount)
            page += rows.filter(matches)
            guard rows.count == Self.sliceCount, let next = rows.last else { break }
            last = keyOf(next)
        }
        return Array(page.prefix(limit))
    }
}
