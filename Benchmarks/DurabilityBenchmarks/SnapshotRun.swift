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

    func measure(into report: inout Report, seconds: Int) async throws {
        let empty = try ChildServer(["serve", "--directory", directory + "-empty"])
        let emptyBytes = try await empty.line().integer("resident_bytes")
        empty.end()
        let first = try ChildServer(["serve", "--directory", directory, "--populate", "\(sessionCount)"])
        let ready = try await first.line()
        let clients = RefreshClients(
            issuer: ready["issuer"]?.stringValue ?? "",
            tokens: ready["tokens"]?.arrayValue?.compactMap(\.stringValue) ?? []
        )
        report.undisturbed = try await clients.refresh { try await Task.sleep(for: .seconds(seconds)) }
        var snapshot: JSONObject = [:]
        report.duringSnapshot = try await clients.refresh {
            first.say("snapshot")
            snapshot = try await first.line()
        }
        report.snapshotSeconds = Double(try snapshot.integer("milliseconds")) / 1000
        report.snapshotBytes = try snapshot.integer("bytes")
        first.end()
        let second = try ChildServer(["serve", "--directory", directory])
        let started = try await second.line()
        second.end()
        guard try started.integer("sessions") == sessionCount else { throw BenchmarkError("sessions were lost") }
        report.secondsToOpen = Double(try started.integer("milliseconds_to_open")) / 1000
        report.secondsToReady = Double(try started.integer("milliseconds_to_ready")) / 1000
        report.bytesPerSession = (try started.integer("resident_bytes") - emptyBytes) / max(1, sessionCount)
    }
}

/// Clients that refresh over sockets, one after the other's answer, and note how long each took.
final class RefreshClients: Sendable {
    private let issuer: String
    private let tokens: Mutex<[String]>

    /// Says when the clients are to stop.
    private final class End: Sendable {
        let isReached = Atomic(false)
    }

    init(issuer: String, tokens: [String]) {
        self.issuer = issuer
        self.tokens = Mutex(tokens)
    }

    /// Refreshes for as long as the body takes.
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
