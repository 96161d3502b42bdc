/// A verified access token of Gatehouse (RFC 9068).
public struct AccessToken: Sendable, Hashable {
    /// `sub`: the user, or the client itself for a token without a user.
    public let subject: String
    /// `client_id`: the client that presents it.
    public let clientID: String
    /// `scope`, one element for each.
    public let scopes: [String]
    /// `exp`, in seconds since 1970.
    public let expiresAt: Int64
    /// `tsid`: the session, if upstream tokens can be retrieved for it; a handle, never a credential.
    public let session: String?
}

/// Why an access token is not accepted.
public enum VerificationError: Error, Hashable, Sendable {
    /// Answer 401; the text is for the log, not for the client.
    case invalidToken(reason: String)
    /// Answer 403; the scopes are those that the request needs.
    case insufficientScope(required: [String])
    /// The key set cannot be read; answer 503.
    case unavailable(reason: String)
}
