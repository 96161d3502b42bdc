import Logging
import OAuthProtocol
import OutboundHTTP
import Synchronization

/// Sends spans to a collector, OTLP over HTTP in JSON; the spans wait in a bounded queue in the meantime.
///
/// A request never waits for it: a span that finds no room, or that the collector does not take, is dropped and
/// counted.
final class SpanExporter: Sendable {
    /// Runs a closure after a time.
    typealias Schedule = @Sendable (Duration, @escaping @Sendable () -> Void) -> Void

    private struct State {
        var waiting: [Span] = []
        var isFailing = false
    }

    private let destination: Destination
    private let transport: any OutboundTransport
    private let work: BackgroundWork
    private let turns: SerialTurns
    private let logger: Logger
    private let state = Mutex(State())
    private let dropped = Atomic(0)
    private let exported = Atomic(0)

    /// The most spans that wait, some 2 MB.
    static let spanCountMax = 4096
    /// The most spans in one request.
    static let batchCountMax = 512
    /// How often what waits is sent.
    private static let interval: Duration = .seconds(2)

    /// Where spans go, and what they say of their server.
    struct Destination: Sendable {
        let url: String
        /// Fields of each request, such as the collector's credentials.
        let headerFields: [(name: String, value: String)]
        /// The attributes of the resource: which server this is.
        let resource: [(name: String, value: Span.Value)]
    }

    init(
        destination: Destination,
        transport: any OutboundTransport,
        work: BackgroundWork,
        logger: Logger
    ) {
        self.destination = destination
        self.transport = transport
        self.work = work
        turns = SerialTurns(work: work)
        self.logger = logger
    }

    var droppedCount: Int { dropped.load(ordering: .relaxed) }
    var exportedCount: Int { exported.load(ordering: .relaxed) }

    /// Takes a span, or drops it when too many wait.
    func add(_ span: Span) {
        let (isTaken, isDue) = state.withLock { state in
            guard state.waiting.count < Self.spanCountMax else { return (false, false) }
            state.waiting.append(span)
            // A collector that fails is asked by the timer only.
            return (true, state.waiting.count >= Self.batchCountMax && !state.isFailing)
        }
        if !isTaken { dropped.add(1, ordering: .relaxed) }
        if isDue { turns.startIfIdle { await self.send() } }
    }

    /// Sends what waits every two seconds, until this exporter is gone.
    func start(_ schedule: @escaping Schedule) {
        schedule(Self.interval) { [weak self] in
            guard let self else { return }
            if state.withLock({ !$0.waiting.isEmpty }) { turns.startIfIdle { await self.send() } }
            start(schedule)
        }
    }

    /// Begins to send what waits, as work that a shutdown lets settle.
    func sendRest() {
        // A server that stops already keeps nothing.
        _ = work.start(.finishes) { await self.send() }
    }

    /// Sends what waits now, and returns when that, and what is on its way, was answered or the collector failed.
    func flush() async {
        await turns.run { await self.send() }
    }

    private func send() async {
        // As many requests as the queue had when it was full: a turn ends under any load.
        for _ in 0..<(Self.spanCountMax / Self.batchCountMax) {
            let batch = state.withLock { state in
                let batch = Array(state.waiting.prefix(Self.batchCountMax))
                state.waiting.removeFirst(batch.count)
                return batch
            }
            guard !batch.isEmpty, await send(batch) else { return }
        }
    }

    /// Sends spans; whether the collector took the request.
    private func send(_ batch: [Span]) async -> Bool {
        var request = OutboundRequest(
            method: "POST",
            url: destination.url,
            headerFields: [("content-type", "application/json")] + destination.headerFields,
            body: SpanMessage(resource: destination.resource, spans: batch).body,
            limits: .init(connectTimeout: .seconds(2), totalTimeout: .seconds(5), responseBytesMax: 64 << 10),
            // The operator names the collector, which is usually in the same network; redirects are not followed.
            addressPolicy: .allowPrivate
        )
        request.decodesContent = true
        do throws(OutboundError) {
            let response = try await transport.send(request)
            guard (200..<300).contains(response.status) else {
                fail(batch, "the collector answered \(response.status)")
                return false
            }
            let rejected = min(batch.count, SpanMessage.rejectedCount(response.body))
            dropped.add(rejected, ordering: .relaxed)
            exported.add(batch.count - rejected, ordering: .relaxed)
            state.withLock { $0.isFailing = false }
            return true
        } catch {
            fail(batch, error.description)
            return false
        }
    }

    private func fail(_ batch: [Span], _ reason: String) {
        dropped.add(batch.count, ordering: .relaxed)
        let isNew = state.withLock { state in
            defer { state.isFailing = true }
            return !state.isFailing
        }
        // Once until it works again: the metric has the number.
        if isNew { logger.warning("spans were not exported", metadata: ["error": "\(reason)"]) }
    }
}
