package import Logging
import OAuthState
package import PostgreSQLClient
package import PostgreSQLStore

/// A schema of its own in a cluster, with a client.
package struct TestDatabase: Sendable {
    /// The cluster.
    package let cluster: PostgreSQLCluster
    /// The client of the schema.
    package let client: PostgreSQLClient
    /// How the schema is reached.
    package let settings: ClientSettings
    private let schema: String

    /// The client as stores see it.
    package var database: PostgreSQLDatabase { PostgreSQLDatabase(client) }

    /// A new, empty schema.
    package init(
        in cluster: PostgreSQLCluster? = nil,
        logger: Logger = .silent,
        configure: (inout ClientSettings) -> Void = { _ in }
    ) async throws {
        let cluster = if let cluster { cluster } else { try await PostgreSQLCluster.shared() }
        let schema = cluster.newSchema()
        var settings = ClientSettings(address: cluster.address(schema: schema))
        settings.connectionCount = 2
        // A machine under the load of all tests is slow; a test of the bounds sets its own.
        settings.statementTimeout = .seconds(20)
        settings.answerTimeout = .seconds(30)
        settings.connectSeconds = 30
        configure(&settings)
        self.cluster = cluster
        self.schema = schema
        self.settings = settings
        client = try PostgreSQLClient(settings, logger: logger)
        _ = try await client.run([Command(number: nil, text: "CREATE SCHEMA \(schema)", parameters: [])])
    }

    /// Removes the schema with its tables, and ends the client.
    package func drop() async throws {
        try await run("DROP SCHEMA \(schema) CASCADE")
        await client.shutdown()
    }

    /// Runs one statement, which is not kept.
    @discardableResult
    package func run(_ text: String, _ parameters: [SQLValue] = []) async throws -> [SQLRow] {
        try await database.run(SQLStatement(once: text), parameters)
    }
}
