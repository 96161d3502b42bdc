import HTTPTypes
import SocketHTTP

/// Whether the process answers at all: says nothing about what it depends on.
struct LivenessEndpoint: Endpoint {
    func respond(to request: Request, context: RequestContext) async -> Response {
        .json(Array(#"{"status":"live"}"#.utf8))
    }
}

/// Whether the server should get requests: started, not draining, and able to write its journal.
struct ReadinessEndpoint: Endpoint {
    let readiness: Readiness
    let durability: Durability

    func respond(to request: Request, context: RequestContext) async -> Response {
        switch (readiness.current, durability.isAvailable) {
        case (.ready, true): .json(Array(#"{"status":"ready"}"#.utf8))
        case (.ready, false): .json(Array(#"{"status":"journal_unavailable"}"#.utf8), status: .serviceUnavailable)
        case (.starting, _): .json(Array(#"{"status":"starting"}"#.utf8), status: .serviceUnavailable)
        case (.draining, _): .json(Array(#"{"status":"draining"}"#.utf8), status: .serviceUnavailable)
        }
    }
}
