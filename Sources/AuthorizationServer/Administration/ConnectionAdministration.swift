import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// `GET /admin/users/{id}/connections`: a user's connections, without tokens.
struct UserConnectionsEndpoint: RequestHandler {
    let vault: any VaultStore
    let upstreams: UpstreamDirectory

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            return try await OAuthError.attempt(await listing(request))
        } catch {
            return .error(error)
        }
    }

    private func listing(_ request: Request) async throws(StoreError) -> Response {
        guard let id = request.pathParameter.flatMap(UserID.init), let user = try await vault.user(id) else {
            return .json(Array(#"{"error":"not_found"}"#.utf8), status: .notFound)
        }
        let connections = try await vault.connections(of: id)
        // All connections, and the configured upstreams that are missing.
        let configured = upstreams.connectableNames
        let names = configured + connections.map(\.upstream).filter { !configured.contains($0) }
        var json: JSONObject = ["sub": .string(user.id.text)]
        if let name = user.name { json["name"] = .string(name) }
        for (name, value) in ConnectionListing(connections, among: names).json.members { json[name] = value }
        return .json(json.serialized())
    }
}

/// `DELETE /admin/connections/{id}`: ends a connection of any user, here and at the provider.
struct ConnectionAdministrationEndpoint: RequestHandler {
    let ending: ConnectionEnding
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            guard let id = request.pathParameter.flatMap(ConnectionID.init), let outcome = try await ending.end(id)
            else { return .noSuchConnection }
            let actor = AdministrationRequest.actor(of: request)
            audit.record(
                .disconnected(outcome.connection, by: actor, provider: outcome.provider.rawValue),
                context: context
            )
            return .json(outcome.json.serialized())
        } catch {
            return .error(error)
        }
    }
}

/// `POST /admin/users/{id}/sign-out`: ends all of a user's logins with browsers, such as when a laptop is lost.
struct UserSignOutEndpoint: RequestHandler {
    let vault: any VaultStore
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            guard let id = request.pathParameter.flatMap(UserID.init),
                try await OAuthError.attempt(await vault.endLogins(of: id).outcome)
            else { return .json(Array(#"{"error":"not_found"}"#.utf8), status: .notFound) }
            audit.record(.signedOut(id, by: AdministrationRequest.actor(of: request)), context: context)
            let json: JSONObject = ["sub": .string(id.text), "signed_out": true]
            return .json(json.serialized())
        } catch {
            return .error(error)
        }
    }
}
