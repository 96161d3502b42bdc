import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// `GET` and `DELETE /admin/sessions/{tsid}`: shows or ends one session.
struct SessionAdministrationEndpoint: RequestHandler {
    let endings: SessionEndings
    /// Whether the session is ended.
    let ends: Bool

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let asked = try AdministrationRequest(request)
            guard let id = request.pathParameter.flatMap(SessionID.init),
                let session = try await OAuthError.attempt(await endings.sessions.session(id, now: context.now))
            else { return .noSuchRow }
            if ends { _ = try await endings.end([session], by: asked.actor, context: context) }
            return .json(session.operatorView.serialized())
        } catch {
            return .error(error)
        }
    }
}

/// `POST /admin/end-all`: ends the sessions of `user=`, of `client=`, those that use a connection at `upstream=`, and
/// those that began before `before=`; what is given must hold together, and one of them must be given.
struct EndAllEndpoint: RequestHandler {
    let endings: SessionEndings
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let asked = try AdministrationRequest(request)
            let before = try asked.moment("before")
            let upstream = try asked.text("upstream")
            var filter = SessionFilter(
                userID: try asked.identifier("user"),
                clientID: try asked.text("client"),
                beganBefore: before
            )
            if let upstream { filter.connections = try await endings.connections(at: upstream) }
            guard filter != SessionFilter() else {
                throw OAuthError(.invalidRequest, "give user, client, upstream or before (seconds since 1970)")
            }
            let count = try await endings.endAll(filter, by: asked.actor, context: context)
            var said: JSONObject = [:]
            if let userID = filter.userID { said["user"] = .string(userID.text) }
            if let clientID = filter.clientID { said["client"] = .string(clientID) }
            if let upstream { said["upstream"] = .string(upstream) }
            if let before { said["before"] = .string(before.rfc3339) }
            audit.record(.endedAll(said, sessions: count, by: asked.actor), context: context)
            let json: JSONObject = ["sessions": .integer(count)]
            return .json(json.serialized())
        } catch {
            return .error(error)
        }
    }
}

/// `DELETE /admin/clients?id=…`: removes a client that registered itself, and ends its sessions.
struct ClientRemovalEndpoint: RequestHandler {
    let endings: SessionEndings
    let clients: any ClientStore
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let asked = try AdministrationRequest(request)
            guard let id = try asked.text("id") else { throw OAuthError(.invalidRequest, "id is required") }
            // The client first: without it none of its tokens can be refreshed, whatever happens then.
            guard try await OAuthError.attempt(await clients.remove(id).outcome) else { return .noSuchRow }
            audit.record(.clientRemoved(id, by: asked.actor), context: context)
            let count = try await endings.endAll(SessionFilter(clientID: id), by: asked.actor, context: context)
            let json: JSONObject = ["client_id": .string(id), "sessions": .integer(count)]
            return .json(json.serialized())
        } catch {
            return .error(error)
        }
    }
}

/// `DELETE /admin/keys/{kid}`: withdraws a signing key, and with it everything that it signed.
struct KeyWithdrawalEndpoint: RequestHandler {
    let rotation: SigningKeyRotation
    let keys: any KeyWithdrawalStore
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        do {
            let asked = try AdministrationRequest(request)
            guard let keyID = request.pathParameter,
                try await rotation.withdraw(keyID, from: keys, now: context.now)
            else { return .noSuchRow }
            audit.record(.signingKeyWithdrawn(keyID, by: asked.actor), context: context)
            let json: JSONObject = ["kid": .string(keyID), "withdrawn": true]
            return .json(json.serialized())
        } catch let failure as SigningKeyRotation.Failure {
            return .error(OAuthError(.invalidRequest, failure.description))
        } catch let error as OAuthError {
            return .error(error)
        } catch {
            return .error(.overloaded)
        }
    }
}
