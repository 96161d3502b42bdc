import Logging
import PostgreSQLClient
import PostgreSQLTesting
import Synchronization
import Testing

/// The server's certificate and name are verified unless the address asks for less; each test has a server of its own.
@Suite("The PostgreSQL client and TLS")
struct TLSTests {
    private let isEncrypted = Command(
        number: nil,
        text: "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        parameters: []
    )

    /// Why the client gets no connection; nil when it gets one, which is encrypted.
    private func refusal(_ address: String, ca: String?) async throws -> String? {
        var settings = ClientSettings(address: address)
        settings.caFile = ca
        settings.answerTimeout = .seconds(60)
        settings.statementTimeout = .seconds(30)
        settings.connectSeconds = 30
        let reasons = Reasons()
        let client = try PostgreSQLClient(
            settings,
            logger: Logger(label: "tls") { _ in ReasonHandler(reasons: reasons) }
        )
        do throws(DatabaseError) {
            let rows = try await client.run([isEncrypted])
            #expect(rows == [[[.boolean(true)]]])
            await client.shutdown()
            return nil
        } catch {
            await client.shutdown()
            #expect(error == .unavailable)
            return reasons.first ?? ""
        }
    }

    @Test("the right authority and name are accepted; others are refused, and so is a missing authority")
    func verification() async throws {
        let cluster = try await PostgreSQLCluster(isDurable: false)
        let port = try await cluster.order("tcp tls")
        let (ca, other) = (cluster.folder + "/ca.pem", cluster.folder + "/other-ca.pem")
        let address = "postgresql://gatehouse@localhost:\(port)/postgres"
        #expect(try await refusal(address, ca: ca) == nil)
        #expect(try await refusal(address + "?sslmode=verify-full", ca: ca) == nil)
        #expect(try await refusal(address + "?sslmode=verify-full&sslrootcert=\(ca)", ca: other) == nil)
        let foreign = try await refusal(address, ca: other)
        #expect(foreign?.contains("certificate verify failed") == true, "\(foreign ?? "a connection")")
        let missing = try await refusal(address, ca: cluster.folder + "/missing.pem")
        #expect(missing?.contains("missing.pem") == true, "\(missing ?? "a connection")")
        for host in ["127.0.0.1", "other.example"] {
            let named = "postgresql://gatehouse@\(host):\(port)/postgres?hostaddr=127.0.0.1"
            let refused = try await refusal(named, ca: ca)
            #expect(refused?.contains("does not match host name \"\(host)\"") == true, "\(refused ?? "a connection")")
        }
        // Less is possible only for those who write it down.
        #expect(try await refusal("postgresql://gatehouse@127.0.0.1:\(port)/postgres?sslmode=verify-ca", ca: ca) == nil)
        #expect(
            try await refusal("postgresql://gatehouse@127.0.0.1:\(port)/postgres?sslmode=verify-ca", ca: other) != nil
        )
    }

    @Test("a server without TLS is refused, unless the address says otherwise")
    func plain() async throws {
        let cluster = try await PostgreSQLCluster(isDurable: false)
        let port = try await cluster.order("tcp plain")
        let address = "postgresql://gatehouse@localhost:\(port)/postgres"
        for mode in ["", "?sslmode=verify-full", "?sslmode=verify-ca", "?sslmode=require"] {
            let refused = try await refusal(address + mode, ca: nil)
            #expect(refused?.contains("SSL") == true, "\(mode): \(refused ?? "a connection")")
        }
        let client = try PostgreSQLClient(ClientSettings(address: address + "?sslmode=disable"), logger: .silent)
        let rows = try await client.run([isEncrypted])
        #expect(rows == [[[.boolean(false)]]])
        await client.shutdown()
    }
}

/// The reasons of failed connections that a client logs.
private final class Reasons: Sendable {
    private let texts = Mutex<[String]>([])

    var first: String? { texts.withLock { $0.first } }

    func add(_ text: String) {
        texts.withLock { $0.append(text) }
    }
}

private struct ReasonHandler: LogHandler {
    let reasons: Reasons
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if let reason = event.metadata?["reason"] { reasons.add("\(reason)") }
    }
}
