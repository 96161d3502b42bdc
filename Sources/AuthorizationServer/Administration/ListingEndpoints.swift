import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP

/// `GET /admin/users`: the users, by id; `text=` must be part of name or verified address.
struct UserListEndpoint: RequestHandler {
    let administration: Stores.Administration
    let sessions: any SessionStore

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let asked = try AdministrationRequest(request)
            let (limit, text) = (try asked.limit(), try asked.text("text"))
            let after: UserID? = try asked.identifier("after")
            let users = try await OAuthError.attempt(
                await administration.listing.users(containing: text, after: after, limit: limit)
            )
            var rows: [JSONObject] = []
            for user in users { rows.append(try await row(user, now: context.now)) }
            return .page("users", rows, limit: limit, next: users.last?.id.text)
        } catch {
            return .error(error)
        }
    }

    private func row(_ user: User, now: Timestamp) async throws(OAuthError) -> JSONObject {
        var json: JSONObject = [
            "sub": .string(user.id.text), "created_at": .string(user.createdAt.rfc3339),
            "connections": .integer(user.connections.count),
        ]
        if let name = user.name { json["name"] = .string(name) }
        if let email = user.verifiedEmail { json["email"] = .string(email) }
        let live = try await OAuthError.attempt(await sessions.sessions(of: user.id, now: now))
        json["sessions"] = .integer(live.count)
        json["blocked"] = .bool(try await OAuthError.attempt(await administration.blocks.isBlocked(.user(user.id))))
        return json
    }
}

/// `GET /admin/sessions`: the live sessions, by `user=`, `client=` and `resource=`.
struct SessionListEndpoint: RequestHandler {
    let administration: Stores.Administration

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let asked = try AdministrationRequest(request)
            let limit = try asked.limit()
            let filter = SessionFilter(
                userID: try asked.identifier("user"),
                clientID: try asked.text("client"),
                resource: try asked.text("resource")
            )
            let after: SessionID? = try asked.identifier("after")
            let sessions = try await OAuthError.attempt(
                await administration.listing.sessions(filter, after: after, limit: limit, now: context.now)
            )
            return .page("sessions", sessions.map(\.operatorView), limit: limit, next: sessions.last?.id.text)
        } catch {
            return .error(error)
        }
    }
}

extension Session {
    /// What an operator sees of it; no token can be made of it.
    var operatorView: JSONObject {
        var json: JSONObject = [
            "tsid": .string(id.text), "sub": .string(userID.text), "client_id": .string(clientID),
            "resource": .string(resource), "scope": .string(scopes.text),
            "connections": .array(connections.map { .string($0.text) }),
            "refreshed_at": .string(rotatedAt.rfc3339), "expires_at": .string(expiry.rfc3339),
            "ends_at": .string(absoluteExpiry.rfc3339),
        ]
        if let authenticatedAt { json["authenticated_at"] = .string(authenticatedAt.rfc3339) }
        if let agent {
            json["agent"] = .string(agent.name)
            if let parent = agent.parent { json["parent"] = .string(parent.text) }
            if let agentUsedAt { json["last_used_at"] = .string(agentUsedAt.rfc3339) }
        }
        return json
    }
}

/// `GET /admin/clients`: the clients that registered themselves or are known by their documents; with `id=` one of
/// them.
struct ClientListEndpoint: RequestHandler {
    let administration: Stores.Administration
    let clients: any ClientStore

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let asked = try AdministrationRequest(request)
            if let id = try asked.text("id") {
                guard let client = try await OAuthError.attempt(await clients.client(id)) else { return .noSuchRow }
                return .json(try await row(client, lastUsedAt: nil).serialized())
            }
            let (limit, after) = (try asked.limit(), try asked.text("after"))
            let records = try await OAuthError.attempt(
                await administration.listing.clients(after: after, limit: limit)
            )
            var rows: [JSONObject] = []
            for record in records { rows.append(try await row(record.client, lastUsedAt: record.lastUsedAt)) }
            return .page("clients", rows, limit: limit, next: records.last?.client.id)
        } catch {
            return .error(error)
        }
    }

    private func row(_ client: Client, lastUsedAt: Timestamp?) async throws(OAuthError) -> JSONObject {
        var json: JSONObject = [
            "client_id": .string(client.id), "kind": .string("\(client.kind)"),
            "redirect_uris": .array(client.redirectURIs.map(JSONValue.string)),
            "registered_at": .string(client.issuedAt.rfc3339),
        ]
        if let name = client.name { json["client_name"] = .string(name) }
        if let lastUsedAt { json["last_used_at"] = .string(lastUsedAt.rfc3339) }
        json["blocked"] = .bool(try await OAuthError.attempt(await administration.blocks.isBlocked(.client(client.id))))
        return json
    }
}

/// `GET /admin/keys`: the signing keys, with what they are for and since when.
struct KeyListEndpoint: RequestHandler {
    let keys: any KeyFeed

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let generation = try await OAuthError.attempt(await keys.generation())
            let rows = generation.signingKeys.map { key in
                var json: JSONObject = [
                    "kid": .string(key.key.keyID), "alg": .string(key.key.algorithm.rawValue),
                    "use": .string(key.purpose == .accessToken ? "access_token" : "id_token"),
                    "state": .string("\(key.state)"), "published_at": .string(key.publishedAt.rfc3339),
                ]
                if let activatedAt = key.activatedAt { json["active_since"] = .string(activatedAt.rfc3339) }
                if let retiredAt = key.retiredAt { json["retired_at"] = .string(retiredAt.rfc3339) }
                return json
            }
            return .page("keys", rows, limit: .max, next: nil)
        } catch {
            return .error(error)
        }
    }
}
