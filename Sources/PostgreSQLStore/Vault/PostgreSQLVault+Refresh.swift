package import OAuthProtocol
package import OAuthState

/// The refresh of a connection's tokens: one at a time, over all nodes.
extension PostgreSQLVault {
    private static let lease = SQLStatement(
        """
        UPDATE connections SET lease_holder = $3, lease_version = $2, lease_expiry = $5
        WHERE id = $1 AND version = $2 AND status <> 3
            AND (lease_holder IS NULL OR lease_holder = $3 OR lease_expiry <= $4)
        RETURNING 1::bigint
        """
    )
    private static let withLease = SQLStatement(
        "SELECT \(ConnectionRow.columns), c.lease_expiry FROM connections c WHERE c.id = $1"
    )

    package func beginRefresh(
        _ id: ConnectionID,
        version: UInt32,
        by holder: LeaseHolder,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RefreshLease> {
        // The provider has consumed the refresh token of a refresh that could not be stored.
        if let refresh = unfinished[id] { _ = try await finish(refresh) }
        let results = try await database.run([
            SQLCall(
                Self.lease,
                [
                    .id(id), .integer(Int64(version)), .text(holder.name), .time(now),
                    .time(now + RefreshLease.lifetime),
                ]
            ),
            SQLCall(Self.withLease, [.id(id)]),
        ])
        guard results.count == 2 else { throw .unavailable }
        guard let row = results[1].first else { return Receipt(.superseded(nil)) }
        let connection = try rows.connection(row)
        if !results[0].isEmpty { return Receipt(.granted(connection)) }
        guard connection.version == version, connection.status != .revoked else {
            return Receipt(.superseded(connection))
        }
        // Without an expiry the lease has ended between the two statements, and can be asked for again.
        return Receipt(.held(until: try row.optionalTime(ConnectionRow.columnCount) ?? now))
    }

    private static let replaceTokens = SQLStatement(
        """
        UPDATE connections
        SET access_token = $3,
            refresh_token = COALESCE($4, refresh_token),
            id_token = COALESCE($5, id_token),
            token_fields = COALESCE($6, token_fields),
            scopes = COALESCE($7, scopes),
            access_token_expiry = $8,
            status = $9,
            reason = $10,
            refreshed_at = $11,
            postponed_until = 0,
            version = (version + 1) & 4294967295,
            lease_holder = NULL, lease_version = NULL, lease_expiry = NULL
        WHERE id = $1 AND version = $2 AND status <> 3
        RETURNING 1::bigint
        """
    )
    // The lease of a refresh that was overtaken; one for later tokens stays.
    private static let endLeaseOfVersion = SQLStatement(
        """
        UPDATE connections SET lease_holder = NULL, lease_version = NULL, lease_expiry = NULL
        WHERE id = $1 AND lease_version = $2
        """
    )
    private static let byID = SQLStatement("SELECT \(ConnectionRow.columns) FROM connections c WHERE c.id = $1")
    private static let placeOfConnection = SQLStatement(
        "SELECT user_id, account_key FROM connections WHERE id = $1"
    )

    package func replace(
        _ refresh: ConnectionRefresh,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<ConnectionOutcome> {
        let refresh = UnfinishedRefresh(refresh: refresh, now: now)
        do throws(StoreError) {
            return Receipt(try await finish(refresh))
        } catch {
            // Only this process knows the tokens that the provider issued.
            unfinished.keep(refresh)
            throw error
        }
    }

    /// Stores the tokens of a refresh; made again, it is superseded by itself.
    private func finish(_ unfinishedRefresh: UnfinishedRefresh) async throws(StoreError) -> ConnectionOutcome {
        let (refresh, now) = (unfinishedRefresh.refresh, unfinishedRefresh.now)
        let (id, version) = (SQLValue.id(refresh.id), SQLValue.integer(Int64(refresh.version)))
        let status: Connection.Status = refresh.belongsToAnotherAccount ? .reauthorizationRequired : .active
        let parameters: [SQLValue] =
            [id, version] + refresh.tokens.columns + [
                try await sealed(refresh.scopes, of: refresh.id),
                .time(refresh.accessTokenExpiry), .integer(Int64(status.rawValue)),
                SQLValue(refresh.belongsToAnotherAccount ? ConnectionRefresh.otherAccount : nil), .time(now),
            ]
        let results = try await database.run([
            SQLCall(Self.replaceTokens, parameters),
            SQLCall(Self.endLeaseOfVersion, [id, version]),
            SQLCall(Self.byID, [id]),
        ])
        guard results.count == 3 else { throw .unavailable }
        unfinished.remove(unfinishedRefresh)
        let connection = try results[2].first.map(rows.connection)
        guard let connection, !results[0].isEmpty else { return .superseded(connection) }
        return .stored(connection)
    }

    // Bound to user and account, which are not in the refresh; neither changes, unless the upstream is renamed, which
    // makes another version.
    private func sealed(_ scopes: ScopeSet?, of id: ConnectionID) async throws(StoreError) -> SQLValue {
        guard let scopes, let row = try await database.run(Self.placeOfConnection, [.id(id)]).first else {
            return .null
        }
        let texts = ConnectionTexts(opener: opener, userID: try row.id(0), accountKey: try row.bytes(1))
        return try texts.sealed(scopes: scopes)
    }

    /// Tries to store the refreshes that the database did not take.
    func finishRefreshes() async {
        for refresh in unfinished.all {
            // While the database is not reached, each stays for the next time.
            guard (try? await finish(refresh)) != nil else { return }
        }
    }

    // A report that the access token is refused makes the refresh due at once. A connection that was revoked remains
    // so: only a login brings it back (LO-1).
    private static let setStatus = SQLStatement(
        """
        UPDATE connections
        SET status = $3, reason = $4, refresh_token = CASE WHEN $5::boolean THEN NULL ELSE refresh_token END,
            postponed_until = CASE
                WHEN $6::boolean AND NOT (status = 1 AND reason IS NOT DISTINCT FROM $4) THEN 0 ELSE postponed_until
            END,
            lease_holder = NULL, lease_version = NULL, lease_expiry = NULL
        WHERE id = $1 AND version = $2 AND (status <> 3 OR $3::bigint = 3)
        RETURNING 1::bigint
        """
    )

    package func mark(
        _ id: ConnectionID,
        version: UInt32,
        _ status: Connection.Status,
        reason: String?
    ) async throws(StoreError) -> Receipt<Bool> {
        let parameters: [SQLValue] = [
            .id(id), .integer(Int64(version)), .integer(Int64(status.rawValue)), SQLValue(reason),
            .boolean(Connection.meansDeadRefreshToken(status, reason: reason)),
            .boolean(status == .expiring && reason == Connection.reportedInvalid),
        ]
        return Receipt(try await !database.run(Self.setStatus, parameters).isEmpty)
    }

    private static let endLease = SQLStatement(
        """
        UPDATE connections SET lease_holder = NULL, lease_version = NULL, lease_expiry = NULL
        WHERE id = $1 AND lease_holder = $2
        """
    )

    package func endRefresh(_ id: ConnectionID, by holder: LeaseHolder) async {
        // Another node must not redeem a token that the provider has consumed, as long as the lease can prevent it.
        guard unfinished[id] == nil else { return }
        // A lease ends by itself.
        _ = try? await database.run(Self.endLease, [.id(id), .text(holder.name)])
    }
}
