import HTTPTypes
import OAuthState
import SocketHTTP

/// Whether the process answers at all, regardless of its dependencies.
struct LivenessEndpoint: Endpoint {
    /// The path, at every base.
    static let path = "/health/live"
    /// Alive.
    static let answer = Response.json(Array(#"{"status":"live"}"#.utf8))

    var surfaces: [Surface] { [Surface(.get, Self.path, base: .host, name: "health")] }

    func respond(to request: Request, context: RequestContext) async -> Response { Self.answer }
}

/// Whether the server should receive requests: started, not draining, and able to change its state and to write its
/// audit trail.
struct ReadinessEndpoint: Endpoint {
    let readiness: Readiness
    let upkeep: any StoreUpkeep
    let audit: AuditTrail

    var surfaces: [Surface] { [Surface(.get, "/health/ready", base: .host, name: "health")] }

    func respond(to request: Request, context: RequestContext) async -> Response {
        switch readiness.current {
        case .starting: .unready("starting")
        case .draining: .unready("draining")
        case .ready where !upkeep.isAvailable: .unready(upkeep.unavailability)
        case .ready where !audit.hasRoom: .unready("audit_unavailable")
        case .ready: .json(Array(#"{"status":"ready"}"#.utf8))
        }
    }
}

extension Response {
    fileprivate static func unready(_ status: String) -> Response {
        .json(Array(#"{"status":"\#(status)"}"#.utf8), status: .serviceUnavailable)
    }
}
