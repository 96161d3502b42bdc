import OAuthProtocol

/// RFC 9068 §2.2: what an access token says that is not simply its session's: one of a workload, or a delegated one.
package struct AccessTokenContent: Sendable {
    /// `sub`.
    let subject: String
    /// `client_id`: the client that receives the token.
    let clientID: String
    /// `aud`: the resource, in its registered spelling.
    let audience: String
    /// `scope`.
    let scopes: ScopeSet
    /// `tsid`, if the resource may use an upstream of the session.
    var sessionID: SessionID?
    /// RFC 8693 §4.1: `act`.
    var actor: JSONObject?
    /// RFC 9449 §6.1: the key that the token is bound to; `nil` for a bearer token.
    var boundKey: KeyThumbprint?
    /// `auth_time`.
    var authenticatedAt: Timestamp?
    /// The claims that the operator maps into tokens.
    var mappedClaims: JSONObject = [:]
}
