import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// `POST /admin/reload`: reads the configuration again, and takes it in one step or not at all.
struct ReloadEndpoint: RequestHandler {
    let requests: ReloadRequests

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let outcome = await requests.perform(by: try AdministrationRequest(request).actor)
            guard let refusal = outcome.refusal else {
                let json: JSONObject = ["changed": .array(outcome.changed.map(JSONValue.string))]
                return .json(json.serialized())
            }
            let json: JSONObject = [
                "error": "not_reloaded", "error_description": .string(refusal),
                "need_restart": .array(outcome.needRestart.map(JSONValue.string)),
            ]
            return .json(json.serialized(), status: .conflict)
        } catch {
            return .error(error)
        }
    }
}

/// `POST /admin/snapshot`: writes a snapshot now, so that `gatehouse snapshot export` copies the present state.
struct SnapshotEndpoint: RequestHandler {
    let requests: SnapshotRequests
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        guard await requests.written() else { return .error(.overloaded) }
        audit.record(.snapshotWritten(by: AdministrationRequest.actor(of: request)), context: context)
        let json: JSONObject = ["requested_at": .integer(Int(context.now.secondsSinceEpoch))]
        return .json(json.serialized())
    }
}
