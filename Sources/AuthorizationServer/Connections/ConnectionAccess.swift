import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// RFC 6750: who may list and end connections through the API: the holder of a live access token of ours, limited to
/// its own user, and only among the upstreams of the token's resource.
///
/// A token that was given to one MCP server must not reveal or end what belongs to another.
struct ConnectionAccess: Sendable {
    let access: ResourceAccess
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
        /// The nonce that the answer brings (RFC 9449 §8.2).
        let nonce: String?
    }

    /// What the request's token gives access to.
    func authorize(_ request: Request, context: RequestContext) async throws(ResourceAccess.Refusal) -> Grant {
        let granted = try await access.granted(request, audiences: resources.audiences, context)
        let live = granted.live
        // RFC 8693 §1.1: an actor may do what the user's scope allows, which does not include the user's connections.
        guard let session = live.session, live.token.claims.actor == nil else {
            throw .token(.withoutUser, withProof: live.token.claims.boundKey != nil)
        }
        let upstreams: [String]
        do throws(OAuthError) { upstreams = try resources.resource(session.resource).upstreams } catch {
            throw .token(.wrongAudience, withProof: live.token.claims.boundKey != nil)
        }
        // The token's own scopes count: a client may have asked for fewer than its session has.
        let scopes = live.token.claims.scope.split(separator: " ")
        return Grant(
            userID: session.userID,
            upstreams: upstreams,
            mayManage: scopes.contains { $0 == ScopeSet.connections },
            nonce: granted.nonce
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
    func challenge(_ context: RequestContext) -> Response { access.answer(.absent, context) }

    /// The answer to a request whose token gives no access.
    func answer(_ refusal: ResourceAccess.Refusal, _ context: RequestContext) -> Response {
        access.answer(refusal, context)
    }
}
