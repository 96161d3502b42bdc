import HTTPTypes
import Logging
import OAuthProtocol
import SocketHTTP
import Synchronization

/// The table of routes, and the common parts of every answer: a request id, the source's address, one log line, one
/// measurement.
struct ServerRoutes: Sendable {
    private var router = Router()
    private let sources: SourceAddressResolver
    private let timeSource: any TimeSource
    private let clock: any ElapsedTimeSource
    private let metrics: ServerMetrics
    private let audit: AuditTrail
    private let logger: Logger
    private let tracer: Tracer?
    /// One sequence for every table, because the audit trail identifies a request by its number.
    private static let requestNumbers = RequestNumbers()

    /// An empty table, whose requests are spans of the tracer if there is one.
    init(
        sources: SourceAddressResolver,
        timeSource: any TimeSource,
        clock: any ElapsedTimeSource,
        instruments: Instruments,
        tracer: Tracer? = nil
    ) {
        self.sources = sources
        self.timeSource = timeSource
        self.clock = clock
        self.tracer = tracer
        metrics = instruments.metrics
        audit = instruments.audit
        logger = instruments.logger
    }

    /// Serves an endpoint at its surfaces.
    mutating func mount(_ endpoint: any Endpoint, issuerPath: String = "") {
        for surface in endpoint.surfaces {
            let path = surface.fullPath(issuerPath: issuerPath)
            for served in surface.methods { on(served.method, path, name: surface.name, endpoint) }
            switch surface.origins {
            case .all:
                let preflight = CrossOrigin.preflight(methods: surface.crossOriginMethods)
                router.on(.options, path) { _ in preflight }
            case .refused: router.on(.options, path) { _ in CrossOrigin.refusal }
            case .unanswered: break
            }
        }
    }

    private mutating func on(_ method: HTTPRequest.Method, _ path: String, name: String, _ endpoint: any Endpoint) {
        let route = metrics.route(name)
        let (sources, timeSource, clock, logger, numbers) = (sources, timeSource, clock, logger, Self.requestNumbers)
        let audit = audit
        let spans = tracer.map { TracedRequests(tracer: $0, method: method.rawValue, path: path) }
        router.on(method, path) { request in
            let start = clock.nanoseconds()
            let parent = sources.traceParent(of: request)
            let span = spans?.begin(parent, at: start)
            let context = RequestContext(
                source: sources.source(of: request),
                now: timeSource.now(),
                requestID: numbers.next(),
                userAgent: request[.userAgent] ?? "",
                traceID: parent?.traceID ?? span?.recordedTraceID ?? ""
            )
            let response = await Self.answer(request, context, span, endpoint)
            // No answer leaves before its audit lines are accepted (audit.when_full: block).
            await audit.settle(context.requestID)
            let elapsed = clock.nanoseconds() - start
            route.answered(status: response.status.code, nanoseconds: elapsed)
            if let span {
                spans?.end(span, context.requestID, status: response.status.code, from: start, to: start + elapsed)
            }
            // Never the query, the form or a header, which carry codes and tokens (D-25).
            logger.info(
                "request",
                metadata: {
                    var metadata: Logger.Metadata = [
                        "request_id": "\(context.requestID)", "method": "\(request.method.rawValue)",
                        "route": "\(name)", "status": "\(response.status.code)", "source": "\(context.source)",
                        "microseconds": "\(elapsed / 1000)",
                    ]
                    if !context.traceID.isEmpty { metadata["trace_id"] = "\(context.traceID)" }
                    return metadata
                }()
            )
            return response
        }
    }

    private static func answer(
        _ request: Request,
        _ context: RequestContext,
        _ span: SpanContext?,
        _ endpoint: any Endpoint
    ) async -> Response {
        guard let span else { return await endpoint.respond(to: request, context: context) }
        return await SpanContext.$current.withValue(span) {
            await endpoint.respond(to: request, context: context)
        }
    }

    /// The finished table.
    var responder: any RequestResponder {
        Responder(router: router, table: self, unmatched: metrics.route("unmatched"))
    }

    /// The table, which also counts and logs requests that no endpoint answered.
    private struct Responder: RequestResponder {
        let router: Router
        let table: ServerRoutes
        let unmatched: RouteMetrics

        func respond(to request: Request) async -> Response {
            let response = await router.respond(to: request)
            let isUnmatched =
                response.status == .methodNotAllowed
                || response.status == .notFound && !router.hasRoute(request.path)
            if isUnmatched {
                unmatched.answered(status: response.status.code, nanoseconds: 0)
                // Not the path either: a mistyped one may contain a code.
                table.logger.info(
                    "request",
                    metadata: [
                        "request_id": "\(ServerRoutes.requestNumbers.next())", "method": "\(request.method.rawValue)",
                        "route": "unmatched", "status": "\(response.status.code)",
                        "source": "\(table.sources.source(of: request))",
                    ]
                )
            }
            return response
        }
    }
}

/// Numbers requests within the process.
private final class RequestNumbers: Sendable {
    private let last = Atomic<UInt64>(0)

    func next() -> RequestID {
        RequestID(number: last.wrappingAdd(1, ordering: .relaxed).newValue)
    }
}
