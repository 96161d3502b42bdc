import OAuthProtocol
import OutboundHTTP

/// A transport whose requests are spans, inside the span of the request that caused them, or traces of their own.
struct TracedTransport: OutboundTransport {
    let transport: any OutboundTransport
    let tracer: Tracer

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        let start = tracer.nanoseconds()
        let span = SpanContext.current == nil ? tracer.root(nil, at: start) : tracer.child()
        guard let span, span.isSampled else { return try await transport.send(request) }
        // Not the path: those of some APIs contain credentials.
        var attributes: [(name: String, value: Span.Value)] = [("http.request.method", .text(request.method))]
        if let host = URIReference(request.url)?.host { attributes.append(("server.address", .text(host))) }
        do throws(OutboundError) {
            let response = try await transport.send(request)
            attributes.append(("http.response.status_code", .integer(response.status)))
            record(span, request, since: start, attributes, isFailed: response.status >= 400)
            return response
        } catch {
            attributes.append(("error.type", .text(error.code.rawValue)))
            record(span, request, since: start, attributes, isFailed: true)
            throw error
        }
    }

    private func record(
        _ span: SpanContext,
        _ request: OutboundRequest,
        since start: Int64,
        _ attributes: [(name: String, value: Span.Value)],
        isFailed: Bool
    ) {
        tracer.record(
            Span(
                context: span,
                name: request.method,
                kind: .client,
                time: (start, tracer.nanoseconds()),
                attributes: attributes,
                isFailed: isFailed
            )
        )
    }
}
