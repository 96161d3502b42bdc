package import OAuthProtocol
package import OAuthState

/// Brings the tables of a database to the version that this program knows.
package struct SchemaMigrator: Sendable {
    private let database: any SQLDatabase
    private let migrations: [Schema.Migration]

    /// The migrator of a database; a test passes other steps.
    package init(database: any SQLDatabase, migrations: [Schema.Migration] = Schema.migrations) {
        self.database = database
        self.migrations = migrations
    }

    /// The version that this program knows.
    package var knownVersion: Int64 { migrations.last?.version ?? 0 }

    /// The version of the database; 0 before the first step.
    package func version() async throws(StoreError) -> Int64 {
        guard try await hasTable() else { return 0 }
        let rows = try await database.run(SQLStatement(once: "SELECT COALESCE(max(version), 0) FROM schema_migrations"))
        guard let row = rows.first else { throw .unavailable }
        return try row.integer(0)
    }

    /// Makes the steps that are missing, each in a transaction that begins with its row of `schema_migrations`: a
    /// second node that starts at the same time waits for that row, and then finds the step done.
    ///
    /// - Returns: The versions that were made here.
    /// - Throws: ``SchemaError``.
    @discardableResult
    package func migrate(now: Timestamp) async throws(SchemaError) -> [Int64] {
        var made: [Int64] = []
        do {
            let found = try await version()
            guard found <= knownVersion else { throw SchemaError.fromFuture(found: found, known: knownVersion) }
            if found == 0 { try await makeTable() }
            for step in migrations where step.version > found {
                // Made at the start of a later node; this version works with the tables before it, too.
                if step.isContraction, try await hasEarlierNode(now: now) { break }
                if try await make(step, now: now) { made.append(step.version) }
            }
        } catch let error as SchemaError {
            throw error
        } catch {
            throw .failed
        }
        return made
    }

    /// Whether the step was made here; false when another node has made it.
    private func make(_ step: Schema.Migration, now: Timestamp) async throws(StoreError) -> Bool {
        let note = SQLStatement(once: "INSERT INTO schema_migrations (version, applied_at) VALUES ($1, $2)")
        do throws(StoreError) {
            _ = try await database.run(
                [SQLCall(note, [.integer(step.version), .time(now)])]
                    + step.statements.map { SQLCall(SQLStatement(once: $0)) }
            )
            return true
        } catch {
            guard try await version() >= step.version else { throw error }
            return false
        }
    }

    /// Whether a node lives whose version had no mark for its id, and relied on triggers.
    private func hasEarlierNode(now: Timestamp) async throws(StoreError) -> Bool {
        let question = SQLStatement(once: "SELECT id FROM nodes WHERE seen_at > $1 AND length(id) = $2::bigint")
        let parameters: [SQLValue] = [.time(now - LivingNodes.lifetime), .count(LivingNodes.earlierIDLength)]
        return try await !database.run(question, parameters).isEmpty
    }

    private func makeTable() async throws(StoreError) {
        do throws(StoreError) {
            _ = try await database.run(
                SQLStatement(
                    once: """
                        CREATE TABLE IF NOT EXISTS schema_migrations (
                            version bigint NOT NULL PRIMARY KEY, applied_at bigint NOT NULL
                        )
                        """
                )
            )
        } catch {
            // Of two nodes that create a table at once, one is refused although the table is there then.
            guard try await hasTable() else { throw error }
        }
    }

    private func hasTable() async throws(StoreError) -> Bool {
        let rows = try await database.run(
            SQLStatement(
                once: """
                    SELECT count(*) FROM information_schema.tables
                    WHERE table_schema = current_schema() AND table_name = 'schema_migrations'
                    """
            )
        )
        guard let row = rows.first else { throw .unavailable }
        return try row.integer(0) > 0
    }
}

/// Why the tables are not those of this program.
package enum SchemaError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A newer program has changed them.
    case fromFuture(found: Int64, known: Int64)
    /// The database cannot be reached, or refused a step; the log has its reason.
    case failed

    /// The sentence for the operator.
    package var description: String {
        switch self {
        case .fromFuture(let found, let known):
            """
            the database has the schema of version \(found), but this program knows versions up to \(known): start the \
            newer program
            """
        case .failed:
            "the tables could not be read or changed; the log has the reason"
        }
    }
}
