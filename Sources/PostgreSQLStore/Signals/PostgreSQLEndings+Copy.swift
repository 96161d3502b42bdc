import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// The log of endings as records of a snapshot, for copies from and to a directory.
extension PostgreSQLEndings {
    /// The statements that write one record of a snapshot; an ending of the same number stays as it is.
    func calls(adding change: EndingChange) throws(StoreError) -> [SQLCall] {
        switch change {
        case .put(let ending): [SQLCall(Self.copiedEnding, try values(of: ending))]
        case .mark(let last, let loss):
            [
                SQLCall(
                    Self.copiedMark,
                    [
                        .integer(Int64(clamping: last)), .integer(Int64(clamping: loss?.sequence ?? 0)),
                        .integer(loss?.endedAt.millisecondsSinceEpoch ?? 0),
                    ]
                )
            ]
        // Not part of a snapshot.
        case .withdraw: []
        }
    }

    private static let copiedEnding = SQLStatement(
        """
        INSERT INTO session_endings (sequence, session_id, token, ended_at, expiry, body)
        VALUES ($1::bigint, $2::bytea, $3::bytea, $4::bigint, $5::bigint, $6::bytea)
        ON CONFLICT (sequence) DO NOTHING
        """
    )

    private static let copiedMark = SQLStatement(
        """
        UPDATE ending_logs SET last = GREATEST(last, $1::bigint), lost_through = GREATEST(lost_through, $2::bigint),
            lost_at = GREATEST(lost_at, $3::bigint)
        WHERE id = 1
        """
    )

    private func values(of ending: Ending) throws(StoreError) -> [SQLValue] {
        var (session, token, body): (SQLValue, SQLValue, [UInt8])
        switch ending.subject {
        case .session(let id, let userID):
            let ended = Self.session(id, of: userID, for: ending.resource)
            (session, token) = (.id(id), .null)
            body = try place.seal.seal(ended, table: SessionRow.table, identity: id.bytes)
        case .accessToken(let identifier):
            let reference = AccessTokenReference(tokenID: identifier, sessionID: nil, audience: ending.resource)
            (session, token) = (.null, .digest(reference.tokenID))
            guard let entry = EndedTokenEntry(reference) else { throw .unavailable }
            body = try place.seal.seal(entry, table: Self.table, identity: reference.tokenID.bytes)
        }
        return [
            .integer(Int64(clamping: ending.sequence)), session, token, .time(ending.endedAt), .time(ending.expiry),
            .bytes(body),
        ]
    }

    // What the log keeps of a session: whose it was, and for which resource. The rest is gone with the session.
    private static func session(_ id: SessionID, of userID: UserID, for resource: String) -> Session {
        let unset = Timestamp(millisecondsSinceEpoch: 0)
        return Session(
            id: id,
            userID: userID,
            clientID: "",
            scopes: ScopeSet([]),
            resource: resource,
            connections: [],
            authenticatedAt: unset,
            absoluteExpiry: unset,
            idleExpiry: unset,
            generation: 0,
            rotatedAt: unset,
            claims: []
        )
    }

    /// Passes the log on as records of a snapshot: its entries in their order, then the mark; nothing before the first
    /// ending.
    ///
    /// - Throws: ``StoreError``, and the errors of `body`.
    func forEachRecord(_ body: ([UInt8]) throws -> Void) async throws {
        var reached: UInt64 = 0
        var loss: EndingLoss?
        while true {
            let page = try await endings(after: reached, limit: 1000).outcome
            for ending in page.endings { try body(ending.record(.putEnding)) }
            loss = loss ?? page.loss
            reached = page.reached
            guard page.hasMore else { break }
        }
        if reached > 0 { try body(EndingLog.mark(last: reached, loss: loss)) }
    }
}
