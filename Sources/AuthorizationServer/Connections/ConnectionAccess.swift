import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// RFC 6750: who may see and end connections through the API: the bearer of a live access token of ours, for its own
/// user, and only among the upstreams of the token's resource.
///
/// A token that one MCP server was given must not reveal or end what belongs to another.
struct ConnectionAccess: Sendable {
    let verification: AccessTokenVerification
    let resources: ResourceCatalogue

    /// The user and the upstreams that the request's token stands for.
    ///
    /// - Throws: `invalid_token`.
    func authorize(
        _ token: String,
        context: RequestContext
    ) async throws(OAuthError) -> (userID: UserID, upstreams: [String]) {
        let session: Session
        do {
            session = try await verification.liveSession(
                of: token,
                audiences: resources.audiences,
                now: context.now
            )
        } catch {
            guard error != .unavailable else { throw .overloaded }
            // A signature cannot be guessed: somebody else's token is a mistake, and no attempt at ours.
            throw OAuthError(.invalidToken, "the access token is invalid")
        }
        return (session.userID, try resources.resource(session.resource).upstreams)
    }

    /// RFC 6750 §3.1: no error attribute when the request had no credentials at all.
    static func challenge() -> Response {
        var response = Response.error(OAuthError(.invalidToken, "an access token is required"))
        response.headerFields[.wwwAuthenticate] = "Bearer"
        return response
    }
}
