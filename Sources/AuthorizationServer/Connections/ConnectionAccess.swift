import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// RFC 6750: who may list and end connections through the API: the holder of a live access token of ours, limited to
/// its own user, and only among the upstreams of the token's resource.
///
/// A token that was given to one MCP server must not reveal or end what belongs to another.
struct ConnectionAccess: Sendable {
    let verification: AccessTokenVerification
    let resources: ResourceCatalogue

    /// What a token gives access to.
    struct Grant: Sendable {
        let userID: UserID
        /// The upstreams of the token's resource.
        let upstreams: [String]
        /// Whether the user agreed that the client sees and ends connections, with the scope `connections`.
        ///
        /// The token is for an MCP server and may be read there. Without the scope it shows only what the MCP server
        /// can find out by itself: which upstreams are connected.
        let mayManage: Bool
    }

    /// What the request's token gives access to.
    ///
    /// - Throws: `invalid_token`.
    func authorize(_ token: String, context: RequestContext) async throws(OAuthError) -> Grant {
        let live: AccessTokenVerification.LiveToken
        do {
            live = try await verification.live(token, audiences: resources.audiences, now: context.now)
        } catch {
            guard error != .unavailable else { throw .overloaded }
            // A signature cannot be guessed: a foreign token is a mistake, not an attempt to guess ours.
            throw OAuthError(.invalidToken, "the access token is invalid")
        }
        // RFC 8693 §1.1: an actor may do what the user's scope allows, which does not include the user's connections.
        guard let session = live.session, live.token.claims.actor == nil else {
            throw OAuthError(.invalidToken, "the access token is invalid")
        }
        // The token's own scopes count: a client may have asked for fewer than its session has.
        let scopes = live.token.claims.scope.split(separator: " ")
        return Grant(
            userID: session.userID,
            upstreams: try resources.resource(session.resource).upstreams,
            mayManage: scopes.contains { $0 == ScopeSet.connections }
        )
    }

    /// RFC 6750 §3.1: the scope that ending a connection needs.
    static func insufficientScope() -> Response {
        var response = Response.error(
            OAuthError(.insufficientScope, "ending a connection requires the scope \(ScopeSet.connections)")
        )
        response.headerFields[.wwwAuthenticate] =
            "Bearer error=\"insufficient_scope\", scope=\"\(ScopeSet.connections)\""
        return response
    }

    /// RFC 6750 §3.1: no error attribute when the request had no credentials at all.
    static func challenge() -> Response {
        var response = Response.error(OAuthError(.invalidToken, "an access token is required"))
        response.headerFields[.wwwAuthenticate] = "Bearer"
        return response
    }
}
