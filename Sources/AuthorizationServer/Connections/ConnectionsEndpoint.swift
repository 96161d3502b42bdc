import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// RFC 6750 §2.1: `GET /connections`, a user's connections, as JSON for the holder of an access token and as a page for
/// a browser.
struct ConnectionsEndpoint: Endpoint {
    let access: ConnectionAccess
    let pages: ConnectionPages
    let vault: any ConnectionStore

    func respond(to request: Request, context: RequestContext) async -> Response {
        guard request.values(of: .authorization).isEmpty else { return await listing(request, context) }
        // Without a token it must be a person; programs get an error that states what they need.
        guard request.values(of: .accept).contains(where: { $0.contains("text/html") }) else {
            return ConnectionAccess.challenge()
        }
        return await pages.overview(request, context)
    }

    private func listing(_ request: Request, _ context: RequestContext) async -> Response {
        guard let token = BearerToken.read(request) else { return ConnectionAccess.challenge() }
        do throws(OAuthError) {
            let (userID, upstreams) = try await access.authorize(token, context: context)
            let connections = try await OAuthError.attempt(await vault.connections(of: userID))
            let listing = ConnectionListing(connections, among: upstreams)
            return .json(listing.json.serialized())
        } catch {
            return .error(error)
        }
    }
}

/// `DELETE /connections/{id}`: ends one of the user's connections, here and at the provider.
struct ConnectionRemovalEndpoint: Endpoint {
    let access: ConnectionAccess
    let vault: any ConnectionStore
    let ending: ConnectionEnding
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        guard let token = BearerToken.read(request) else { return ConnectionAccess.challenge() }
        do throws(OAuthError) {
            let (userID, upstreams) = try await access.authorize(token, context: context)
            // Another user's connection is answered like one that never existed.
            guard let id = request.pathParameter.flatMap(ConnectionID.init),
                let connection = try await OAuthError.attempt(await vault.connection(id)), connection.userID == userID,
                upstreams.contains(where: { $0.hasSameBytes(as: connection.upstream) }),
                let outcome = try await ending.end(id)
            else { return .noSuchConnection }
            audit.record(
                .disconnected(outcome.connection, by: "user", provider: outcome.provider.rawValue),
                context: context
            )
            return .json(outcome.json.serialized())
        } catch {
            return .error(error)
        }
    }
}

extension Response {
    /// The connection does not exist, or belongs to another user.
    static var noSuchConnection: Response {
        .json(Array(#"{"error":"not_found"}"#.utf8), status: .notFound)
    }
}
