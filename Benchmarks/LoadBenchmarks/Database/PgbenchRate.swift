import BenchmarkSupport
import Foundation
import PostgreSQLClient
import PostgreSQLTesting

/// The limit of a server that commits something with each request: the same database with one simple update for each
/// transaction, by PostgreSQL's own load program.
struct PgbenchRate {
    private let program: String
    private let script: URL
    private let folder: String

    private static let rowCount = 10_000

    /// Makes the table and the script.
    static func prepare(_ cluster: PostgreSQLCluster) async throws -> PgbenchRate {
        let client = try PostgreSQLClient(ClientSettings(address: cluster.address()), logger: .silent)
        for text in [
            "CREATE TABLE simple (id bigint PRIMARY KEY, counter bigint NOT NULL)",
            "INSERT INTO simple (id, counter) SELECT id, 0 FROM generate_series(1, \(rowCount)) AS id",
        ] {
            _ = try await client.run([Command(number: nil, text: text, parameters: [])])
        }
        await client.shutdown()
        let script = FileManager.default.temporaryDirectory.appending(
            path: "gatehouse-pgbench-\(UUID().uuidString).sql"
        )
        let text = """
            \\set id random(1, \(rowCount))
            UPDATE simple SET counter = counter + 1 WHERE id = :id;

            """
        try Data(text.utf8).write(to: script)
        let programs = try await cluster.order("programs")
        return PgbenchRate(program: programs + "/pgbench", script: script, folder: cluster.folder)
    }

    /// Transactions per second over this many connections.
    func measure(connections: Int, seconds: Double) throws -> Double {
        let output = try ChildProgram.output([
            program, "-n", "-f", script.path(), "-c", "\(connections)", "-M", "prepared",
            "-T", "\(max(1, Int(seconds.rounded())))", "-h", folder, "-U", "gatehouse", "postgres",
        ])
        let line = output.split(separator: "\n").first { $0.hasPrefix("tps = ") }
        guard let rate = line.flatMap({ Double($0.dropFirst("tps = ".count).prefix { $0 != " " }) }) else {
            throw BenchmarkError("pgbench did not say its rate: \(output)")
        }
        return rate
    }

    /// Removes the script.
    func remove() {
        // A file left in the temporary folder does no harm.
        try? FileManager.default.removeItem(at: script)
    }
}
