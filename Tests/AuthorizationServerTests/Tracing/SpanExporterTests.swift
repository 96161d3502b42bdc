import AuthorizationServerTesting
import Logging
import OAuthProtocol
import OutboundHTTP
import Synchronization
import Testing

@testable import AuthorizationServer

@Suite("Spans wait in a bounded queue, and what is lost is counted")
struct SpanExporterTests {
    /// A collector without a network, whose answers are given.
    private final class ScriptedCollector: OutboundTransport {
        private let answer: Result<OutboundResponse, OutboundError>
        private let state = Mutex<[OutboundRequest]>([])

        init(_ answer: Result<OutboundResponse, OutboundError>) {
            self.answer = answer
        }

        convenience init(status: Int, _ body: String = "") {
            self.init(.success(OutboundResponse(status: status, body: Array(body.utf8))))
        }

        func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
            state.withLock { $0.append(request) }
            return try answer.get()
        }

        var requests: [OutboundRequest] { state.withLock { $0 } }
    }

    /// An exporter with what it needs.
    private struct Scene {
        let collector: ScriptedCollector
        let work = BackgroundWork()
        let log = RecordedLines()
        let exporter: SpanExporter

        init(_ collector: ScriptedCollector) {
            self.collector = collector
            let log = log
            exporter = SpanExporter(
                destination: .init(
                    url: "https://collector.example/v1/traces",
                    headerFields: [("x-key", "k")],
                    resource: [("service.name", .text("gatehouse"))]
                ),
                transport: collector,
                work: work,
                logger: Logger(label: "test") { _ in LineHandler(lines: log) }
            )
        }

        func add(_ count: Int) {
            for _ in 0..<count { exporter.add(Span.sample()) }
        }

        /// How many spans each request had.
        func sizes() throws -> [Int] { try collector.requests.map { try CollectedSpan.all(in: $0.body).count } }
    }

    private struct LineHandler: LogHandler {
        let lines: RecordedLines
        var logLevel: Logger.Level = .trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.append("\(event.message) \(event.metadata ?? [:])") }
    }

    @Test("what waits goes in one request, with the configured field and the resource")
    func batch() async throws {
        let scene = Scene(ScriptedCollector(status: 200, "{}"))
        scene.add(3)
        await scene.exporter.flush()
        #expect(try scene.sizes() == [3])
        let request = try #require(scene.collector.requests.first)
        #expect(request.method == "POST" && request.url == "https://collector.example/v1/traces")
        #expect(request.headerFields.contains { $0 == ("x-key", "k") })
        #expect(request.headerFields.contains { $0 == ("content-type", "application/json") })
        #expect(request.maximumRedirects == 0)
        let resource = #""resource":{"attributes":[{"key":"service.name","value":{"stringValue":"gatehouse"}}]}"#
        #expect(String(decoding: request.body, as: UTF8.self).contains(resource))
        #expect(scene.exporter.exportedCount == 3 && scene.exporter.droppedCount == 0)
        await scene.exporter.flush()
        #expect(scene.collector.requests.count == 1)
    }

    @Test("many spans go in several requests of 512 at most")
    func batches() async throws {
        let scene = Scene(ScriptedCollector(status: 200))
        scene.add(1100)
        await scene.exporter.flush()
        let sizes = try scene.sizes()
        #expect(sizes.reduce(0, +) == 1100 && sizes.allSatisfy { $0 <= SpanExporter.batchCountMax })
        #expect(scene.exporter.exportedCount == 1100)
    }

    @Test("a span that finds 4096 waiting is dropped and counted")
    func full() {
        let scene = Scene(ScriptedCollector(status: 200))
        // Nothing is sent from now on.
        scene.work.close()
        scene.add(SpanExporter.spanCountMax + 4)
        #expect(scene.exporter.droppedCount == 4)
        #expect(scene.collector.requests.isEmpty)
    }

    @Test(
        "what the collector does not take is dropped, counted, and logged once until it works",
        arguments: [
            (Result<OutboundResponse, OutboundError>.success(OutboundResponse(status: 503)), "answered 503"),
            (.failure(OutboundError(.connectFailed, "collector.example")), "connectFailed"),
        ]
    )
    func failing(answer: Result<OutboundResponse, OutboundError>, reason: String) async throws {
        let scene = Scene(ScriptedCollector(answer))
        for _ in 1...2 {
            scene.add(2)
            await scene.exporter.flush()
        }
        #expect(scene.exporter.droppedCount == 4 && scene.exporter.exportedCount == 0)
        #expect(scene.log.all.count == 1)
        #expect(scene.log.all.allSatisfy { $0.contains("spans were not exported") && $0.contains(reason) })
    }

    @Test(
        "what the collector rejects of a request is counted",
        arguments: [
            (#"{"partialSuccess":{"rejectedSpans":"2"}}"#, 2), (#"{"partialSuccess":{"rejectedSpans":1}}"#, 1),
            (#"{"partialSuccess":{"rejectedSpans":"99"}}"#, 3), (#"{"partialSuccess":{"rejectedSpans":"-1"}}"#, 0),
            (#"{"partialSuccess":{}}"#, 0), ("{}", 0), ("", 0), ("<html>", 0),
        ]
    )
    func partial(body: String, rejected: Int) async {
        let scene = Scene(ScriptedCollector(status: 200, body))
        scene.add(3)
        await scene.exporter.flush()
        #expect(scene.exporter.droppedCount == rejected && scene.exporter.exportedCount == 3 - rejected)
    }
}

extension Span {
    /// Any span of a recorded trace.
    static func sample() -> Span {
        Span(
            context: SpanContext(
                traceID: String(repeating: "a", count: 32),
                spanID: String(repeating: "b", count: 16),
                parentID: nil,
                isSampled: true,
                origin: 0
            ),
            name: "sample",
            kind: .internal,
            time: (1, 2)
        )
    }
}
