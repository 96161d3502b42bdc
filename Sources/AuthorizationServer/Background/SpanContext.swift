/// The span that the present task works for, and the trace that it belongs to.
struct SpanContext: Sendable {
    /// The trace: 32 hexadecimal digits.
    let traceID: String
    /// The span: 16 hexadecimal digits.
    let spanID: String
    /// The span that caused it; `nil` for the first one of a trace.
    let parentID: String?
    /// Whether the trace is recorded.
    let isSampled: Bool
    /// What has to be added to the measuring clock for the nanoseconds since 1970.
    ///
    /// One for a whole trace, so that a clock that is set in the meantime does not move its spans against each other.
    let origin: Int64

    /// The trace, if it is recorded: an id that no collector knows is not worth a place in the log.
    var recordedTraceID: String? { isSampled ? traceID : nil }

    /// The span of the present task; `nil` without tracing, and outside requests.
    @TaskLocal static var current: SpanContext?
}
