package import OAuthProtocol
package import OpenSSLCrypto

/// A login: a browser's way from a client's authorization request to a code, with its legs.
///
/// One value from the first leg to the session: while it waits it is in a ``PendingLogin``, and a code represents it in
/// an ``AuthorizationGrant``.
package struct Login: Hashable, Sendable {
    /// The client's request.
    package var request: AuthorizationRequest
    /// The `tsid` of the future session; the same for every leg.
    package var sessionID: SessionID
    /// The providers still to visit, in order.
    package var remainingUpstreams: [String]
    /// The user, once a leg has identified the user.
    package var userID: UserID?
    /// The connections of the completed legs.
    package var connections: [ConnectionID]
    /// When the user logged in, according to the provider that identified the user.
    package var authenticatedAt: Timestamp?
    /// The user of the browser's remembered login, if consent was not asked for again (D-62).
    package var expectedUserID: UserID?
    /// The completed legs' claims about the user, as far as they go into the session's access tokens.
    package var claims: JSONObject
    /// The requested scopes that the operator's rules withhold from the user.
    package var withheldScopes = ScopeSet.empty
    /// The network of the browser, whose share of the tables this login takes.
    package var source: SourceNetwork

    /// A login, usually one without completed legs.
    package init(
        request: AuthorizationRequest,
        sessionID: SessionID,
        remainingUpstreams: [String] = [],
        userID: UserID? = nil,
        connections: [ConnectionID] = [],
        authenticatedAt: Timestamp? = nil,
        expectedUserID: UserID? = nil,
        claims: JSONObject = [:],
        source: SourceNetwork = .unknown
    ) {
        self.request = request
        self.sessionID = sessionID
        self.remainingUpstreams = remainingUpstreams
        self.userID = userID
        self.connections = connections
        self.authenticatedAt = authenticatedAt
        self.expectedUserID = expectedUserID
        self.claims = claims
        self.source = source
    }
}

/// One visit of a provider, and what proves that its answer belongs to this visit.
package struct LoginLeg: Hashable, Sendable {
    /// The provider.
    package var upstream: String
    /// RFC 7636 towards the provider: the code verifier.
    package var verifier: CodeVerifier
    /// OpenID Connect Core 1.0 §3.1.2.1 towards the provider, if it supports OpenID Connect: the nonce.
    package var nonce: String?

    /// A visit that begins.
    package init(upstream: String, verifier: CodeVerifier, nonce: String?) {
        self.upstream = upstream
        self.verifier = verifier
        self.nonce = nonce
    }
}

/// A login that waits for its browser, stored under the hash of the `state` that the browser will bring back.
@dynamicMemberLookup
package struct PendingLogin: Hashable, Sendable {
    /// What a login waits for.
    package enum Leg: Hashable, Sendable {
        /// The provider's answer.
        case atProvider(LoginLeg)
        /// The user's word about an account that the provider's answer brought.
        case unconfirmed(UnconfirmedLeg)
    }

    /// The login.
    package var login: Login
    /// What it waits for.
    package var leg: Leg
    /// Hash of the cookie of the browser that approved (CO-3, D-51).
    package var binding: SHA256Digest
    /// When the login expires (CO-3: at most ten minutes after the leg began).
    package var expiry: Timestamp

    /// A login that waits from now on.
    package init(_ login: Login, leg: Leg, binding: SHA256Digest, expiry: Timestamp) {
        self.login = login
        self.leg = leg
        self.binding = binding
        self.expiry = expiry
    }

    /// The provider of the leg.
    package var upstream: String {
        switch leg {
        case .atProvider(let leg): leg.upstream
        case .unconfirmed(let leg): leg.draft.upstream
        }
    }

    /// What the login has, it has.
    package subscript<Value>(dynamicMember member: WritableKeyPath<Login, Value>) -> Value {
        get { login[keyPath: member] }
        set { login[keyPath: member] = newValue }
    }

    /// How long a login may wait for its browser (CO-3).
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

/// What an authorization code represents until it is redeemed: a login that has identified its user.
@dynamicMemberLookup
package struct AuthorizationGrant: Hashable, Sendable {
    /// The login, with all its legs.
    package var login: Login
    /// The user who logged in.
    package var userID: UserID { didSet { login.userID = userID } }
    /// Whether redemption yields a refresh token (TK-10).
    package var issuesRefreshToken: Bool

    /// The grant of a login whose user is known.
    package init(_ login: Login, userID: UserID, issuesRefreshToken: Bool) {
        self.login = login
        self.login.userID = userID
        self.userID = userID
        self.issuesRefreshToken = issuesRefreshToken
    }

    /// What the login has, it has.
    package subscript<Value>(dynamicMember member: WritableKeyPath<Login, Value>) -> Value {
        get { login[keyPath: member] }
        set { login[keyPath: member] = newValue }
    }
}
