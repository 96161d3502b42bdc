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

    /// The user and the upstreams that the request's token gives access to.
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
            // A signature cannot be guessed: a foreign token is a mistake, not an attempt to guess ours.
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
