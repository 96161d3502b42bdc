import ServerConfiguration
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("The configuration of a database")
struct PostgreSQLConfigurationTests {
    private static func text(_ storage: String) -> String { "issuer: https://a.example\nstorage: \(storage)" }

    @Test("is accepted, and every value arrives")
    func accepted() throws {
        let storage = """
            {encryption_key: {env: K}, postgresql: {url: "postgresql://gatehouse@a,b:5433/state?sslmode=verify-ca", \
            password: {file: /run/password}, ca_file: /run/ca.pem, pool: 16}}
            """
        let configuration = try decode(Self.text(storage)).storage
        let database = try #require(configuration.postgresql)
        #expect(database.url == "postgresql://gatehouse@a,b:5433/state?sslmode=verify-ca")
        #expect(database.password == .file("/run/password"))
        #expect(database.caFile == "/run/ca.pem")
        #expect(database.pool == 16)
        let short = "{encryption_key: {env: K}, postgresql: {url: 'postgresql:///state?host=/run/postgresql'}}"
        #expect(try decode(Self.text(short)).storage.postgresql?.connectionCount == 8)
    }

    @Test(
        "is refused",
        arguments: [
            (
                "{encryption_key: {env: K}, postgresql: {pool: 1}}",
                "storage.postgresql.url: is required"
            ),
            (
                "{encryption_key: {env: K}, postgresql: {url: 'mysql://a/b'}}",
                "storage.postgresql.url: must begin with postgresql://"
            ),
            (
                "{encryption_key: {env: K}, postgresql: {url: 'postgresql://u:secret@a/b'}}",
                "storage.postgresql.url: must have no password; use storage.postgresql.password"
            ),
            (
                "{encryption_key: {env: K}, postgresql: {url: 'postgresql://u@a/b?sslmode=require&PassWord=secret'}}",
                "storage.postgresql.url: must have no password; use storage.postgresql.password"
            ),
            (
                "{postgresql: {url: 'postgresql://u@a/b'}}",
                "storage.postgresql: needs storage.encryption_key"
            ),
            (
                "{encryption_key: {env: K}, directory: /data, postgresql: {url: 'postgresql://u@a/b'}}",
                "storage.directory: has no effect with storage.postgresql"
            ),
            (
                "{encryption_key: {env: K}, journal: always, postgresql: {url: 'postgresql://u@a/b'}}",
                "storage.journal: has no effect with storage.postgresql"
            ),
            (
                "{encryption_key: {env: K}, snapshot_interval: 1m, postgresql: {url: 'postgresql://u@a/b'}}",
                "storage.snapshot_interval: has no effect with storage.postgresql"
            ),
            (
                "{encryption_key: {env: K}, postgresql: {url: 'postgresql://u@a/b', pool: 65}}",
                "storage.postgresql.pool: "
            ),
        ]
    )
    func refused(storage: String, reason: String) {
        let lines = refusals(Self.text(storage))
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix(reason) == true, "\(lines)")
        #expect(!lines.contains { $0.contains("secret") })
    }

    @Test("the program for one node says which program serves it")
    func otherProgram() throws {
        var storage = Configuration.Storage()
        let isNone = try ConfiguredDatabase.engine(for: storage) == nil
        #expect(isNone)
        storage.postgresql = Configuration.PostgreSQL(url: "postgresql://u@a/b")
        storage.encryptionKey = .value(SecretValue(String(repeating: "0123456789abcdef", count: 4)))
        let configured = storage
        #expect(throws: HostError.self) { _ = try ConfiguredDatabase.engine(for: configured) }
    }
}
