package import OAuthProtocol
package import OpenSSLCrypto

/// A login in progress at an upstream provider, stored under the hash of the `state` that the provider will return.
package struct PendingAuthorization: Hashable, Sendable {
    /// The client's request.
    package var request: AuthorizationRequest
    /// The `tsid` of the future session; the same for every leg.
    package var sessionID: SessionID
    /// The provider of this leg.
    package var upstream: String
    /// The providers to visit after this leg.
    package var remainingUpstreams: [String]
    /// RFC 7636 towards the provider: the code verifier.
    package var verifier: CodeVerifier
    /// OpenID Connect Core 1.0 §3.1.2.1 towards the provider, if it supports OpenID Connect: the nonce.
    package var nonce: String?
    /// Hash of the cookie of the browser that approved (CO-3, D-51).
    package var binding: SHA256Digest
    /// The user, once the first leg has identified the user.
    package var userID: UserID?
    /// The connections of the completed legs.
    package var connections: [ConnectionID]
    /// When the user logged in, according to the provider that identified the user.
    package var authenticatedAt: Timestamp?
    /// The user of the browser's remembered login, if consent was not asked for again (D-62).
    package var expectedUserID: UserID?
    /// The completed legs' claims about the user, as far as they go into tokens.
    package var claims: JSONObject
    /// When the callback expires (CO-3: at most ten minutes).
    package var expiry: Timestamp
    /// The network of the browser, whose share of the table this login takes.
    package var source: SourceNetwork
    /// What the last leg brought and the user has not confirmed yet; `nil` for a login that is at a provider.
    package var unconfirmed: UnconfirmedLeg?

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
        expiry: Timestamp,
        source: SourceNetwork = .unknown,
        unconfirmed: UnconfirmedLeg? = nil
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
        self.source = source
        self.unconfirmed = unconfirmed
    }

    /// How long a login may take (CO-3).
    package static let lifetime: Duration = .seconds(600)
}

/// An account that a further leg of a login brought, which the user has not connected before.
///
/// A browser can be made to log in as somebody else at the first provider. The user's account at the next one must not
/// become that person's without the user having seen it (D-60).
package struct UnconfirmedLeg: Hashable, Sendable {
    /// The connection, with its sealed tokens, as it is stored once the user confirms.
    package var draft: ConnectionDraft
    /// The claims of the session's tokens if the user confirms.
    package var claims: JSONObject

    /// A leg that waits for the user.
    package init(draft: ConnectionDraft, claims: JSONObject) {
        self.draft = draft
        self.claims = claims
    }
}

/// The grant that an authorization code represents until it is redeemed.
package struct AuthorizationGrant: Hashable, Sendable {
    /// The client's request.
    package var request: AuthorizationRequest
    /// The `tsid` of the future session.
    package var sessionID: SessionID
    /// The user who logged in.
    package var userID: UserID
    /// The connections of this login.
    package var connections: [ConnectionID]
    /// When the user logged in, if the provider stated it.
    package var authenticatedAt: Timestamp?
    /// Whether redemption yields a refresh token (TK-10).
    package var issuesRefreshToken: Bool
    /// The providers' claims about the user that go into the session's access tokens.
    package var claims: JSONObject
    /// The network of the browser, whose share of the table the code takes.
    package var source: SourceNetwork

    /// A grant.
    package init(
        request: AuthorizationRequest,
        sessionID: SessionID,
        userID: UserID,
        connections: [ConnectionID],
        authenticatedAt: Timestamp?,
        issuesRefreshToken: Bool,
        claims: JSONObject = [:],
        source: SourceNetwork = .unknown
    ) {
        self.request = request
        self.sessionID = sessionID
        self.userID = userID
        self.connections = connections
        self.authenticatedAt = authenticatedAt
        self.issuesRefreshToken = issuesRefreshToken
        self.claims = claims
        self.source = source
    }
}
