import SocketHTTP

/// The spans of one route's requests.
struct TracedRequests: Sendable {
    let tracer: Tracer
    let method: String
    /// The route's path with `{…}` in place of its parameter.
    let path: String

    /// Begins the span of a request.
    func begin(_ parent: TraceParent?, at start: Int64) -> SpanContext { tracer.root(parent, at: start) }

    /// Ends it with the answer's status.
    func end(_ span: SpanContext, _ id: RequestID, status: Int, from start: Int64, to end: Int64) {
        guard span.isSampled else { return }
        tracer.record(
            Span(
                context: span,
                name: "\(method) \(path)",
                kind: .server,
                time: (start, end),
                attributes: [
                    ("http.request.method", .text(method)), ("http.route", .text(path)),
                    ("http.response.status_code", .integer(status)), ("gatehouse.request_id", .text("\(id)")),
                ],
                isFailed: status >= 500
            )
        )
    }
}
