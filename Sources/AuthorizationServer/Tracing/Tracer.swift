import Foundations
import OAuthProtocol
import OpenSSLCrypto

/// Makes the spans of requests, of what they wait for, and of requests to others; only a server that exports spans has
/// one.
final class Tracer: Sendable {
    private let exporter: SpanExporter
    /// The share of traces that are recorded, 0 to 1, unless a trusted proxy has decided.
    private let share: Double
    private let timeSource: any TimeSource
    private let clock: any ElapsedTimeSource
    private let random: any RandomSource

    init(
        exporter: SpanExporter,
        share: Double,
        timeSource: any TimeSource,
        clock: any ElapsedTimeSource,
        random: any RandomSource
    ) {
        self.exporter = exporter
        self.share = share
        self.timeSource = timeSource
        self.clock = clock
        self.random = random
    }

    /// Nanoseconds of the measuring clock.
    func nanoseconds() -> Int64 { clock.nanoseconds() }

    /// Begins the first span of this server in a trace: the caller's, or a new one.
    func root(_ parent: TraceParent?, at elapsed: Int64) -> SpanContext {
        let bytes = random.bytes(24)
        let isSampled = parent?.isSampled ?? isChosen(bytes)
        return SpanContext(
            traceID: parent?.traceID ?? Hexadecimal.encode(bytes[..<16]),
            spanID: Hexadecimal.encode(bytes[16...]),
            parentID: parent?.spanID,
            isSampled: isSampled,
            origin: timeSource.now().millisecondsSinceEpoch &* 1_000_000 &- elapsed
        )
    }

    /// Begins a span inside the present task's; `nil` where there is none, or where it is not recorded.
    func child() -> SpanContext? {
        guard let current = SpanContext.current, current.isSampled else { return nil }
        return SpanContext(
            traceID: current.traceID,
            spanID: Hexadecimal.encode(random.bytes(8)),
            parentID: current.spanID,
            isSampled: true,
            origin: current.origin
        )
    }

    /// Hands an ended span on for export, unless its trace is not recorded; never waits.
    func record(_ span: Span) {
        guard span.context.isSampled else { return }
        exporter.add(span)
    }

    /// How many spans were lost since the start: no room, or not accepted.
    var droppedCount: Int { exporter.droppedCount }
    /// How many spans were accepted since the start.
    var exportedCount: Int { exporter.exportedCount }

    /// Begins to send what waits, at a shutdown.
    func sendRest() { exporter.sendRest() }

    /// Sends what waits, and returns when the collector has answered.
    func flush() async { await exporter.flush() }

    /// Sends what waits now and then, by the timer of an event loop.
    func start(_ schedule: @escaping SpanExporter.Schedule) { exporter.start(schedule) }

    // The random bytes of the trace's id decide, as OpenTelemetry's ratio does.
    private func isChosen(_ bytes: [UInt8]) -> Bool {
        let number = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Double(number) < share * 0x1p64
    }
}
