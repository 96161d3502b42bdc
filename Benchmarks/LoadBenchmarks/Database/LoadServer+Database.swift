import AuthorizationServer
import DurableLog
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import PostgreSQLClient
import PostgreSQLStore

/// The server under load with its state in PostgreSQL.
extension LoadServer {
    private static func key() throws -> StorageKey { try StorageKey(bytes: SystemKey.bytes) }

    /// One key for the copy and the server, which are of one process.
    private enum SystemKey {
        static let bytes = SystemRandomSource().bytes(32)
    }

    /// Moves a state that was made in memory, as `storage copy` does.
    static func copy(_ memory: MemoryStores, to database: String, _ logger: Logger) async throws {
        let now = SystemTimeSource().now()
        try await PostgreSQLStorage.withCopy(
            client: ClientSettings(address: database),
            key: key(),
            random: SystemRandomSource(),
            now: now,
            logger: logger
        ) { try await $0.write(memory, now: now) }
    }

    /// Has a server keep its state in a database, with the pool of a default configuration.
    static func keepState(of environment: inout ServerEnvironment, in database: String, _ logger: Logger) {
        environment.openState = { settings in
            try await PostgreSQLStorage(
                settings,
                client: ClientSettings(address: database),
                key: try Self.key(),
                random: SystemRandomSource(),
                now: SystemTimeSource().now(),
                logger: logger
            )
        }
    }
}
