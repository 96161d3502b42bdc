import BenchmarkSupport
import Foundation
import Logging
import OAuthProtocol
import OutboundHTTP
import Synchronization

/// A snapshot of a large state while clients refresh over sockets, then a start from it.
struct SnapshotRun {
    let directory: String
    let sessionCount: Int

    let processors: Processors

    /// The accepted costs of a snapshot and a start with many sessions.
    private enum Limit {
        static let pauseMicroseconds = 5000.0
        static let startMilliseconds = 5000.0
        static let bytesPerSession = 1536.0
    }

    func measure(into report: inout Report, seconds: Int) async throws {
        let emptyBytes = try await emptyResidentBytes()
        try await measureSnapshot(into: &report, seconds: seconds)
        let server = try ChildServer(["serve", "--directory", directory])
        let started = try await server.line()
        server.end()
        guard try started.integer("sessions") == sessionCount else { throw BenchmarkError("sessions were lost") }
        report.add(
            "start_milliseconds",
            "start from the snapshot to ready",
            Double(try started.integer("milliseconds_to_ready")),
            "ms",
            limit: Limit.startMilliseconds,
            "\(try started.integer("milliseconds_to_open")) ms of it checking the files"
        )
        let bytes = (try started.integer("resident_bytes") - emptyBytes) / max(1, sessionCount)
        report.add(
            "bytes_per_session",
            "memory for each session, vault entries included",
            Double(bytes - Population.tokenByteCount),
            "bytes",
            limit: Limit.bytesPerSession,
            "and \(Population.tokenByteCount) of the upstream tokens themselves"
        )
    }

    private func measureSnapshot(into report: inout Report, seconds: Int) async throws {
        let server = try ChildServer(
            ["serve", "--directory", directory, "--populate", "\(sessionCount)"],
            processor: processors.server
        )
        let ready = try await server.line()
        try processors.pinClient(true)
        let clients = RefreshClients(
            issuer: ready["issuer"]?.stringValue ?? "",
            tokens: ready["tokens"]?.arrayValue?.compactMap(\.stringValue) ?? []
        )
        let undisturbed = try await clients.refresh { try await Task.sleep(for: .seconds(seconds)) }
        report.add("undisturbed", "clients refreshing over sockets", undisturbed)
        var snapshot: JSONObject = [:]
        let disturbed = try await clients.refresh {
            server.say("snapshot")
            snapshot = try await server.line()
        }
        report.add(
            "during_snapshot",
            "the same during the snapshot of \(sessionCount) sessions",
            disturbed,
            limitMicroseconds: Limit.pauseMicroseconds
        )
        try processors.pinClient(false)
        server.say("snapshot")
        let alone = try await server.line()
        server.end()
        let loadedMilliseconds = Double(try snapshot.integer("milliseconds"))
        report.add("snapshot_loaded_milliseconds", "that snapshot, taking what they left", loadedMilliseconds, "ms")
        let milliseconds = Double(try alone.integer("milliseconds"))
        report.add("snapshot_milliseconds", "one without load, on the server's processor", milliseconds, "ms")
        let bytes = Double(try alone.integer("bytes"))
        let rate = "\(Int(bytes / 1000 / max(1, milliseconds))) MB/s"
        report.add("snapshot_bytes", "its size", bytes, "bytes", rate)
    }

    /// The memory of an empty server, in bytes.
    private func emptyResidentBytes() async throws -> Int {
        let path = directory + "-empty"
        // The first start creates keys and files; operators wait for the later ones.
        let first = try ChildServer(["serve", "--directory", path])
        _ = try await first.line()
        first.end()
        let server = try ChildServer(["serve", "--directory", path])
        let ready = try await server.line()
        server.end()
        return try ready.integer("resident_bytes")
    }
}

/// Clients that refresh over sockets one after the other and record the latencies.
final class RefreshClients: Sendable {
    private let issuer: String
    private let tokens: Mutex<[String]>

    /// Tells the clients when to stop.
    private final class End: Sendable {
        let isReached = Atomic(false)
    }

    init(issuer: String, tokens: [String]) {
        self.issuer = issuer
        self.tokens = Mutex(tokens)
    }

    /// Refreshes while the body runs.
    func refresh(during body: () async throws -> Void) async throws -> Latencies {
        let transport = try CurlClient(
            configuration: .init(proxy: .none),
            logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
        )
        let end = End()
        let running = tokens.withLock { $0 }
        let latencies = try await withThrowingTaskGroup(of: (Int, String, [UInt32]).self) { group in
            for (index, token) in running.enumerated() {
                group.addTask { [issuer] in
                    var token = token
                    var samples: [UInt32] = []
                    while !end.isReached.load(ordering: .relaxed) {
                        let sent = ContinuousClock.now
                        token = try await Self.refresh(token, issuer, transport)
                        samples.append(Latencies.microseconds(since: sent))
                    }
                    return (index, token, samples)
                }
            }
            try await body()
            end.isReached.store(true, ordering: .relaxed)
            return try await group.reduce(into: Latencies()) { latencies, part in
                latencies.add(part.2)
                self.tokens.withLock { $0[part.0] = part.1 }
            }
        }
        await transport.shutdown()
        return latencies
    }

    private static func refresh(_ token: String, _ issuer: String, _ transport: CurlClient) async throws -> String {
        let form = FormParameters.serialize([
            ("grant_type", "refresh_token"), ("client_id", Population.clientID), ("refresh_token", token),
        ])
        let response = try await transport.send(
            OutboundRequest(
                method: "POST",
                url: issuer + "/oauth/token",
                headerFields: [("content-type", "application/x-www-form-urlencoded")],
                body: Array(form.utf8),
                limits: .init(connectTimeout: .seconds(20), totalTimeout: .seconds(60)),
                addressPolicy: .unrestricted
            )
        )
        guard
            response.status == 200,
            let next = try JSONParser.parseObject(response.body)["refresh_token"]?.stringValue
        else { throw BenchmarkError("a refresh was answered with \(response.status)") }
        return next
    }
}

extension JSONObject {
    /// A member that is an integer.
    fileprivate func integer(_ name: String) throws -> Int {
        guard let value = self[name]?.integerValue else { throw BenchmarkError("no \(name)") }
        return Int(value)
    }
}
