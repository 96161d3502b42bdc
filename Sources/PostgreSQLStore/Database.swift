package import OAuthState

/// A database that runs statements.
package protocol SQLDatabase: Sendable {
    /// Runs statements as one transaction in one round trip, each with a snapshot of its own (READ COMMITTED).
    ///
    /// The transaction holds when this returns. A transaction that another one got in the way of (SQLSTATE 40001 and
    /// 40P01) is repeated a few times.
    ///
    /// - Returns: The rows of each statement.
    /// - Throws: `unavailable` when nothing was changed, `outcomeUnknown` when the connection was lost, or the time was
    ///   over, after the statements were sent and before their end was known.
    func run(_ calls: [SQLCall]) async throws(StoreError) -> [[SQLRow]]
}

extension SQLDatabase {
    /// Runs one statement, which is a transaction of its own.
    package func run(
        _ statement: SQLStatement,
        _ parameters: [SQLValue] = []
    ) async throws(StoreError) -> [SQLRow] {
        try await run([SQLCall(statement, parameters)]).first ?? []
    }
}

/// A statement with the values of its parameters.
package struct SQLCall: Sendable {
    let statement: SQLStatement
    let parameters: [SQLValue]

    /// The statement with `$1` as the first of the values.
    package init(_ statement: SQLStatement, _ parameters: [SQLValue] = []) {
        self.statement = statement
        self.parameters = parameters
    }
}
