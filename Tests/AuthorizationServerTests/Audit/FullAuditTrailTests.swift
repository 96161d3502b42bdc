import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import Synchronization
import Testing

@Suite("audit.when_full: block: an answer waits for its audit line, and nothing else does")
struct FullAuditTrailTests {
    /// A sink that is full on command.
    private final class Sink: AuditSink {
        private struct State {
            var isFull = false
            var lines: [[UInt8]] = []
            var waiters: [CheckedContinuation<Void, Never>] = []
            var arrivals: [(count: Int, CheckedContinuation<Void, Never>)] = []
        }

        private let state = Mutex(State())

        func write(_ line: [UInt8]) -> Bool {
            state.withLock { state in
                state.lines.append(line)
                return !state.isFull
            }
        }

        func waitForRoom() async {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let arrived = state.withLock { state in
                        state.waiters.append(continuation)
                        defer { state.arrivals.removeAll { $0.count <= state.waiters.count } }
                        return state.arrivals.filter { $0.count <= state.waiters.count }
                    }
                    for (_, arrival) in arrived { arrival.resume() }
                }
            } onCancel: {
                releaseWaiters()
            }
        }

        var hasRoom: Bool { state.withLock { !$0.isFull } }
        var droppedCount: Int { 7 }

        /// Returns when this many wait for room.
        func arrival(of count: Int) async {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.waiters.count >= count { return true }
                    state.arrivals.append((count, continuation))
                    return false
                }
                if isThere { continuation.resume() }
            }
        }

        func fill() { state.withLock { $0.isFull = true } }

        func empty() {
            state.withLock { $0.isFull = false }
            releaseWaiters()
        }

        private func releaseWaiters() {
            let waiters = state.withLock { state in
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }
    }

    private static func run(_ body: (Sink, BrowserScene) async throws -> Void) async throws {
        let sink = Sink()
        try await BrowserScene.run(environment: { $0.auditSink = sink }) { scene async throws in
            try await body(sink, scene)
        }
    }

    private func register(_ scene: BrowserScene) async throws -> Int {
        try await scene.client.register([
            "redirect_uris": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": "none",
        ]).status
    }

    @Test("the request waits; pages, key set, probes and metrics on the same loop do not")
    func waits() async throws {
        try await Self.run { sink, scene in
            sink.fill()
            async let registration = register(scene)
            await sink.arrival(of: 1)
            let management = scene.server.managementURL
            #expect(try await scene.client.send("GET", management + "/health/live").status == 200)
            let ready = try await scene.client.send("GET", management + "/health/ready")
            #expect(ready.status == 503)
            #expect(ready["status"] == "audit_unavailable")
            #expect(try await scene.client.send("GET", "/.well-known/jwks.json").status == 200)
            #expect(try await scene.open().status == 200)
            let metrics = try await scene.browser.get(management + "/metrics").text
            #expect(metrics.contains("# TYPE gatehouse_audit_events_dropped_total counter\n"))
            #expect(metrics.contains("\ngatehouse_audit_events_dropped_total 7\n"))
            #expect(metrics.contains("\ngatehouse_log_lines_dropped_total 0\n"))
            sink.empty()
            #expect(try await registration == 201)
            #expect(try await scene.client.send("GET", management + "/health/ready").status == 200)
            #expect(try await register(scene) == 201)
        }
    }

    @Test("many requests wait at once, and all are answered when there is room")
    func many() async throws {
        try await Self.run { sink, scene in
            sink.fill()
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await register(scene) }
                }
                await sink.arrival(of: 20)
                sink.empty()
                for try await status in group { #expect(status == 201) }
            }
        }
    }

    @Test("a shutdown ends although a request waits", .timeLimit(.minutes(1)))
    func shutdown() async throws {
        let sink = Sink()
        let server = try await TestServer.start(environment: { $0.auditSink = sink })
        let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
        sink.fill()
        let registration = Task {
            try await client.register([
                "redirect_uris": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": "none",
            ])
        }
        await sink.arrival(of: 1)
        await server.server.shutdown(gracePeriod: .milliseconds(10))
        await #expect(throws: (any Error).self) { try await registration.value }
        await server.shutdown()
    }
}
