package import OAuthProtocol
package import OpenSSLCrypto

/// A login under way at an upstream provider, kept under the hash of the `state` that the provider will return.
package struct PendingAuthorization: Hashable, Sendable {
    /// The client's request.
    package var request: AuthorizationRequest
    /// The `tsid` of the session to be; the same for every leg.
    package var sessionID: SessionID
    /// The provider of this leg.
    package var upstream: String
    /// The providers still to be visited after this leg.
    package var remainingUpstreams: [String]
    /// RFC 7636 towards the provider.
    package var verifier: CodeVerifier
    /// OpenID Connect Core 1.0 §3.1.2.1 towards the provider, when it speaks OpenID Connect.
    package var nonce: String?
    /// Hash of the cookie of the browser that approved (CO-3, D-51).
    package var binding: SHA256Digest
    /// The user, once the first leg has told who it is.
    package var userID: UserID?
    /// The connections of the legs that are done.
    package var connections: [ConnectionID]
    /// When the user logged in, as the provider that told who it is says.
    package var authenticatedAt: Timestamp?
    /// The user whom the browser's remembered login named, when consent was not asked again (D-62).
    package var expectedUserID: UserID?
    /// What the legs that are done said of the user, as far as it goes into tokens.
    package var claims: JSONObject
    /// After this the callback is refused (CO-3: at most ten minutes).
    package var expiry: Timestamp

    /// A first or further leg.
    package init(
        request: AuthorizationRequest,
        sessionID: SessionID,
        upstream: String,
        remainingUpstreams: [String],
        verifier: CodeVerifier,
        nonce: String?,
        binding: SHA256Digest,
        userID: UserID? = nil,
        connections: [ConnectionID] = [],
        authenticatedAt: Timestamp? = nil,
        expectedUserID: UserID? = nil,
        claims: JSONObject = [:],
        expiry: Timestamp
    ) {
        self.request = request
        self.sessionID = sessionID
        self.upstream = upstream
        self.remainingUpstreams = remainingUpstreams
        self.verifier = verifier
        self.nonce = nonce
        self.binding = binding
        self.userID = userID
        self.connections = connections
        self.authenticatedAt = authenticatedAt
        self.expectedUserID = expectedUserID
        self.claims = claims
        self.expiry = expiry
    }

    /// How long a login may take (CO-3).
    package static let lifetime: Duration = .seconds(600)
}

/// What an authorization code stands for until it is redeemed.
package struct AuthorizationGrant: Hashable, Sendable {
    /// The client's request.
    package var request: AuthorizationRequest
    /// The `tsid` of the session to be.
    package var sessionID: SessionID
    /// The user who logged in.
    package var userID: UserID
    /// The connections of this login.
    package var connections: [ConnectionID]
    /// When the user logged in, if the provider said so.
    package var authenticatedAt: Timestamp?
    /// Whether redemption yields a refresh token (TK-10).
    package var issuesRefreshToken: Bool
    /// What goes into the session's access tokens of what the providers said of the user.
    package var claims: JSONObject

    /// A grant.
    package init(
        request: AuthorizationRequest,
        sessionID: SessionID,
        userID: UserID,
        connections: [ConnectionID],
        authenticatedAt: Timestamp?,
        issuesRefreshToken: Bool,
        claims: JSONObject = [:]
    ) {
        self.request = request
        self.sessionID = sessionID
        self.userID = userID
        self.connections = connections
        self.authenticatedAt = authenticatedAt
        self.issuesRefreshToken = issuesRefreshToken
        self.claims = claims
    }
}
