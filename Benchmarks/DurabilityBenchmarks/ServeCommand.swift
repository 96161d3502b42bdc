import ArgumentParser
import AuthorizationServer
import BenchmarkSupport
import DurableLog
import Foundation
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import SocketHTTP

/// The server of the snapshot's measurement, in a process of its own: writes a snapshot when it receives a line.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", shouldDisplay: false)

    @Option(name: .long) var directory: String
    @Option(name: .long) var populate = 0

    func run() async throws {
        let logger = Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
        let start = ContinuousClock.now
        let storage = try DurableStore.open(directory: directory, key: .besideData, logger: logger)
        let opened = ContinuousClock.now
        let server = try await Self.server(storage, logger)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let secret = try await server.stores.keys.serverSecret(candidate: []).outcome
        if populate > 0 {
            let sealing = try TokenSealing(secret: secret, random: SystemRandomSource())
            try await Population.fill(server.stores, count: populate, sealing: sealing)
        }
        let key = RefreshTokenKey(secret: secret)
        let tokens = (0..<min(16, populate)).map {
            RefreshToken(family: Population.sessionID($0 * (populate / 16)), generation: 1, key: key).wireValue
        }
        say([
            "issuer": .string(server.configuration.issuer.text),
            "milliseconds_to_open": .number(JSONNumber(Int((opened - start) / .milliseconds(1)))),
            "milliseconds_to_ready": .number(JSONNumber(Int(seconds * 1000))),
            "resident_bytes": .number(JSONNumber(try Self.residentBytes())),
            "sessions": .number(JSONNumber(await server.stores.sessions.counts.sessions)),
            "tokens": .array(tokens.map(JSONValue.string)),
        ])
        for await _ in Self.inputLines() {
            let start = ContinuousClock.now
            try await server.stores.writeSnapshot(to: storage, now: Population.now)
            say([
                "milliseconds": .number(JSONNumber(Int((ContinuousClock.now - start) / .milliseconds(1)))),
                "bytes": .number(JSONNumber(Int(storage.snapshotDescriptions.last?.byteCount ?? 0))),
            ])
        }
        // The end of the input ends the process like a crash: without a snapshot.
        Foundation.exit(0)
    }

    private func say(_ object: JSONObject) {
        FileHandle.standardOutput.write(Data(object.serialized() + [10]))
    }

    private static func server(_ storage: DurableStore, _ logger: Logger) async throws -> GatehouseServer {
        let reservation = try PortReservation(SocketAddress(ip: .loopback, port: 0))
        var configuration = Configuration(
            issuer: try Issuer("http://\(reservation.address)"),
            listen: [.init(address: reservation.address)]
        )
        configuration.management.address = SocketAddress(ip: .loopback, port: 0)
        configuration.scopes = ScopeSet(["openid", "offline_access", "mcp:read"])
        configuration.storage.snapshotInterval = .seconds(86_400)
        configuration.resources = [
            Configuration.Resource(uri: Population.resource, scopes: ScopeSet(["mcp:read"]))
        ]
        var environment = ServerEnvironment(
            timeSource: FixedTime(),
            transport: try CurlClient(logger: logger),
            auditSink: UnboundedAuditSink { _ in },
            logger: logger
        )
        environment.reservations = [reservation]
        environment.storage = storage
        return try await GatehouseServer.start(configuration, environment: environment)
    }

    /// The time of the population.
    private struct FixedTime: TimeSource {
        func now() -> Timestamp { Population.now }
    }

    private static func residentBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return (Int(line.filter(\.isNumber)) ?? 0) * 1024
    }

    /// The lines of standard input, read on a thread of its own because reading blocks.
    private static func inputLines() -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        Thread.detachNewThread {
            while let line = readLine() { continuation.yield(line) }
            continuation.finish()
        }
        return stream
    }
}
