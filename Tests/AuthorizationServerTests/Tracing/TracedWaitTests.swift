import AuthorizationServerTesting
import DurableLog
import Logging
import OAuthProtocol
import OutboundHTTP
import Testing

@testable import AuthorizationServer

@Suite("Waits for the journal and for others are spans inside the request's")
struct TracedWaitTests {
    /// A network that loses or answers every request.
    private struct Network: OutboundTransport {
        var status: Int?

        func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
            guard let status else { throw OutboundError(.connectFailed, "api.example") }
            return OutboundResponse(status: status)
        }
    }

    /// A collector that keeps messages.
    private final class Messages: OutboundTransport {
        let lines = RecordedLines()

        func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
            lines.append(String(decoding: request.body, as: UTF8.self))
            return OutboundResponse(status: 200)
        }
    }

    private struct Scene {
        let messages = Messages()
        let tracer: Tracer

        init(share: Double = 1) {
            let exporter = SpanExporter(
                destination: .init(url: "https://collector.example/v1/traces", headerFields: [], resource: []),
                transport: messages,
                work: BackgroundWork(),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            let clock = ManualClock()
            tracer = Tracer(
                exporter: exporter,
                share: share,
                timeSource: clock,
                clock: clock,
                random: SeededRandomSource(seed: 7)
            )
        }

        func spans() async throws -> [CollectedSpan] {
            await tracer.flush()
            return try messages.lines.all.flatMap { try CollectedSpan.all(in: Array($0.utf8)) }
        }
    }

    @Test("a wait for the journal, one that fails as well", arguments: [true, false])
    func journal(fails: Bool) async throws {
        let scene = Scene()
        let base = ScriptedJournal()
        base.refusesToWait = fails
        let journal = TracedJournal(journal: base, tracer: scene.tracer)
        let request = scene.tracer.root(nil, at: 0)
        let position = journal.append([1])
        await SpanContext.$current.withValue(request) {
            do throws(JournalError) {
                try await journal.waitUntilDurable(position)
                #expect(!fails)
            } catch {
                #expect(fails)
            }
        }
        let span = try #require(try await scene.spans().first)
        #expect(span.name == "wait for the journal" && span.kind == 1 && span.isFailed == fails)
        #expect(span.traceID == request.traceID && span.parentID == request.spanID)
        #expect(base.records == [[1]])
    }

    @Test("outside a request, and in a trace that is not recorded, a wait for the journal is no span")
    func unrecorded() async throws {
        let scene = Scene(share: 0)
        let journal = TracedJournal(journal: ScriptedJournal(), tracer: scene.tracer)
        let position = journal.append([1])
        try await journal.waitUntilDurable(position)
        try await SpanContext.$current.withValue(scene.tracer.root(nil, at: 0)) {
            try await journal.waitUntilDurable(position)
        }
        #expect(try await scene.spans().isEmpty)
    }

    @Test(
        "a request to another server, without its path, query, fields and body",
        arguments: [(200, nil, false), (404, nil, true), (nil, "connectFailed", true)] as [(Int?, String?, Bool)]
    )
    func outbound(status: Int?, error: String?, isFailed: Bool) async throws {
        let scene = Scene()
        let transport = TracedTransport(transport: Network(status: status), tracer: scene.tracer)
        let request = OutboundRequest(
            method: "POST",
            url: "https://api.example/hooks/hidden?code=hidden",
            headerFields: [("authorization", "hidden")],
            body: Array("hidden".utf8)
        )
        let parent = scene.tracer.root(nil, at: 0)
        await SpanContext.$current.withValue(parent) {
            do throws(OutboundError) {
                let response = try await transport.send(request)
                #expect(response.status == status)
            } catch {
                #expect(status == nil)
            }
        }
        let span = try #require(try await scene.spans().first)
        #expect(span.name == "POST" && span.kind == 3 && span.isFailed == isFailed)
        #expect(span["server.address"] == "api.example" && span["error.type"] == error)
        #expect(span["http.response.status_code"] == status.map { String($0) })
        #expect(span.traceID == parent.traceID && span.parentID == parent.spanID)
        #expect(!scene.messages.lines.all.contains { $0.contains("hidden") })
    }

    @Test("a request to another server that no request caused is a trace of its own")
    func background() async throws {
        let scene = Scene()
        _ = try await TracedTransport(transport: Network(status: 200), tracer: scene.tracer)
            .send(OutboundRequest(url: "https://api.example/"))
        let spans = try await scene.spans()
        #expect(spans.count == 1 && spans.allSatisfy { $0.parentID == nil })
    }

    @Test("work in the background belongs to the request that began it")
    func backgroundWork() async {
        let scene = Scene()
        let work = BackgroundWork()
        let span = scene.tracer.root(nil, at: 0)
        let task = SpanContext.$current.withValue(span) { work.start(.finishes) { SpanContext.current?.spanID } }
        #expect(await task?.value == span.spanID)
        let other = work.start(.finishes) { SpanContext.current?.spanID }
        let none = await other?.value
        #expect(none == .some(nil))
    }

    @Test("the configured share of traces is recorded", arguments: [0, 0.25, 1])
    func share(share: Double) {
        let scene = Scene(share: share)
        let count = (0..<4000).filter { _ in scene.tracer.root(nil, at: 0).isSampled }.count
        #expect(abs(Double(count) - 4000 * share) < 200)
        if share == 0 || share == 1 { #expect(count == Int(4000 * share)) }
    }
}
