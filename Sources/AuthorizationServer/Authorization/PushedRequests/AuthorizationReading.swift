import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP

/// RFC 6749 §4.1.1 and RFC 9126 §4: finds the parameters of an authorization request: in the address, or in what its
/// client has pushed.
struct AuthorizationReading: Sendable {
    let sealing: PushedRequestSealing
    /// The clients that must push their requests (RFC 9126 §6).
    let pushingClients: Set<String>

    /// A request, and the push that it came with.
    struct Found {
        let check: AuthorizationRequestCheck
        let push: AuthorizationPush?
    }

    /// The request of an address.
    ///
    /// - Throws: ``AuthorizationPageError`` for a malformed address, or a reference that is expired, another client's,
    ///   or not ours.
    func find(_ request: Request, now: Timestamp) throws(AuthorizationPageError) -> Found {
        let check = try AuthorizationRequestCheck(query: request.query)
        guard let reference = try check.requestURI(), reference.hasPrefix(PushedRequest.prefix) else {
            return Found(check: check, push: nil)
        }
        // RFC 9126 §4: everything but `client_id` comes from the push; a parameter in the address changes nothing.
        let clientID = try check.clientID()
        guard let pushed = sealing.open(reference), pushed.clientID.hasSameBytes(as: clientID), now < pushed.expiry
        else {
            throw AuthorizationPageError(.unknownRequestURI)
        }
        return Found(
            check: try AuthorizationRequestCheck(query: pushed.query),
            push: AuthorizationPush(id: pushed.id, expiry: pushed.expiry)
        )
    }

    /// Refuses a request that its client had to push and did not.
    func checkPush(_ found: Found, of client: Client) throws(OAuthError) {
        guard found.push != nil || !pushingClients.contains(client.id) else {
            throw OAuthError(.invalidRequest, "this client must push its authorization requests")
        }
    }
}
