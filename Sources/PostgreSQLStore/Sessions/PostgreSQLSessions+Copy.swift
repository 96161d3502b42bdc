import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// The rows of sessions, consents, revoked tokens and endings as records of a snapshot, for copies from and to a
/// directory.
///
/// Logins and codes live for minutes and are in no snapshot.
extension PostgreSQLSessions {
    /// Writes rows of a snapshot; rows of the same keys are replaced.
    ///
    /// Changes that are no rows are not part of a snapshot, and are passed over.
    package func add(_ changes: [AuthorizationSessions.Change]) async throws(StoreError) {
        var calls: [SQLCall] = []
        for change in changes {
            switch change {
            case .putSession(let session): calls.append(SQLCall(Self.copiedSession, try values(of: session)))
            case .putConsent(let consent): calls.append(SQLCall(Self.copiedConsent, try values(of: consent)))
            case .putRevokedToken(let token, let revocation):
                calls.append(
                    SQLCall(
                        Self.copiedToken,
                        [.digest(token), .id(revocation.sessionID), .time(revocation.expiry)]
                    )
                )
            case .ending(let ending): calls += try PostgreSQLEndings(place).calls(adding: ending)
            case .rotate, .removeSession, .removeConsent: continue
            }
        }
        guard !calls.isEmpty else { return }
        _ = try await database.run(calls)
    }

    private static let copiedSession = SQLStatement(
        """
        INSERT INTO sessions (\(insertedColumns)) SELECT \(insertedValues(from: 1))
        ON CONFLICT (id) DO UPDATE SET (\(insertedColumns)) = (\(excludedColumns(of: insertedColumns)))
        """
    )

    private static let copiedConsent = SQLStatement(
        """
        INSERT INTO consents (\(consentColumns)) VALUES (\(consentValues))
        ON CONFLICT (key) DO UPDATE SET (\(consentColumns)) = (\(excludedColumns(of: consentColumns)))
        """
    )

    private static let copiedToken = SQLStatement(
        """
        INSERT INTO revoked_tokens (token, session_id, expiry) VALUES ($1::bytea, $2::bytea, $3::bigint)
        ON CONFLICT (token) DO UPDATE SET session_id = excluded.session_id, expiry = excluded.expiry
        """
    )

    /// The columns of a row that was refused because its key was there.
    private static func excludedColumns(of columns: String) -> String {
        columns.split(separator: ", ").map { "excluded.\($0)" }.joined(separator: ", ")
    }

    /// Passes every row on as a record of a snapshot, in pages of a thousand.
    ///
    /// - Throws: ``StoreError``, and the errors of `body`.
    package func forEachRecord(_ body: ([UInt8]) throws -> Void) async throws {
        try await forEachPage(Self.sessionPage) { row in
            try body(try session(row).record(.putSession))
        }
        try await forEachPage(Self.consentPage) { row in
            try body(try consent(row).record(.putConsentOfUser))
        }
        try await forEachPage(Self.tokenPage) { row in
            let sessionID: SessionID? = try row.isNull(1) ? nil : try row.id(1)
            let revocation = AccessRevocation(expiry: try row.time(2), sessionID: sessionID)
            try body(AuthorizationSessions.revokedTokenRecord(try row.digest(0), revocation))
        }
        try await PostgreSQLEndings(place).forEachRecord(body)
    }

    private func forEachPage(_ statement: SQLStatement, _ body: (SQLRow) throws -> Void) async throws {
        var last: [UInt8] = []
        while true {
            let rows = try await database.run(statement, [.bytes(last)])
            for row in rows { try body(row) }
            guard let row = rows.last else { return }
            last = try row.bytes(0)
        }
    }

    private static let sessionPage = SQLStatement(
        "SELECT \(SessionRow.columns) FROM sessions s WHERE s.id > $1::bytea ORDER BY s.id LIMIT 1000"
    )
    private static let consentPage = SQLStatement(
        "SELECT key, body FROM consents WHERE key > $1::bytea ORDER BY key LIMIT 1000"
    )
    private static let tokenPage = SQLStatement(
        "SELECT token, session_id, expiry FROM revoked_tokens WHERE token > $1::bytea ORDER BY token LIMIT 1000"
    )
}
