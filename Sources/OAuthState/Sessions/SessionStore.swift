package import OAuthProtocol

/// Where sessions and their families of refresh tokens are kept.
///
/// Each verb checks and changes in one step.
package protocol SessionStore: Sendable {
    /// Uses a refresh token (RFC 6749 §6, FD-1), if the conditions let its session go on.
    ///
    /// The conditions count once the token is known to be this client's, live and not reused, and before `scope` and
    /// `resource` are looked at.
    ///
    /// A rotation whose answer could not leave is taken back: the token can be used again, at any time, without counting as
    /// reuse. A client that has the successor all the same goes on with it, because a genuine token moves the state forward.
    func rotate(
        _ use: RefreshTokenUse,
        under conditions: RefreshConditions,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RotationOutcome>
    /// The live session with this id.
    func session(_ id: SessionID, now: Timestamp) async throws(StoreError) -> Session?
    /// Ends a session; `nil` when there was none.
    func revoke(_ id: SessionID) async throws(StoreError) -> Receipt<Session?>
    /// Ends a client's own session (RFC 7009 §2.1); another client's stays (D-47).
    func revoke(_ id: SessionID, for clientID: String) async throws(StoreError) -> Receipt<SessionRevocation>
    /// Ends sessions, codes that were not redeemed and logins under way together, so that none comes of another.
    ///
    /// The outcome is the number of sessions.
    func end(_ ending: SessionEnding) async throws(StoreError) -> Receipt<Int>
    /// The live sessions of a user.
    func sessions(of userID: UserID, now: Timestamp) async throws(StoreError) -> [Session]
    /// Those of some connections that a login under way, or a code that was not redeemed yet, is going to use.
    func awaited(among connections: Set<ConnectionID>) async throws(StoreError) -> Set<ConnectionID>
}

/// What became of a client's wish to end a session.
package enum SessionRevocation: Hashable, Sendable {
    /// Ended; nothing of it is accepted from now on.
    case revoked(Session)
    /// Never begun, or over already.
    case unknown
    /// Another client's; nothing happened to it.
    case wrongClient
}

/// RFC 6749 §6: what a token request says about a refresh token whose MAC was genuine.
package struct RefreshTokenUse: Hashable, Sendable {
    /// The family.
    package var family: SessionID
    /// The generation presented.
    package var generation: UInt32
    /// The authenticated client.
    package var clientID: String
    /// Whether a successor replaces the token (FD-12: public clients).
    package var rotates: Bool
    /// `scope`, if sent.
    package var scopes: ScopeSet?
    /// The resource in its registered spelling, if sent.
    package var resource: String?

    /// A use.
    package init(
        family: SessionID,
        generation: UInt32,
        clientID: String,
        rotates: Bool,
        scopes: ScopeSet? = nil,
        resource: String? = nil
    ) {
        self.family = family
        self.generation = generation
        self.clientID = clientID
        self.rotates = rotates
        self.scopes = scopes
        self.resource = resource
    }
}

/// What became of a refresh token.
package enum RotationOutcome: Hashable, Sendable {
    /// Accepted; the session's generation is the one to be handed out.
    case rotated(Session)
    /// The predecessor within the grace: the same successor again (FD-1).
    case repeated(Session)
    /// An older token: the family is revoked (RFC 9700 §4.14.2).
    case reused(Session)
    /// No such family: revoked, expired or never issued.
    case unknown
    /// The family's time has passed.
    case expired
    /// Another client's token; nothing happened to it (D-29).
    case wrongClient
    /// The session's resource is not registered now; nothing was rotated (RI-1).
    case resourceNotRegistered
    /// The provider of a connection that the session needs has ended it, and so the session has ended.
    case upstreamEnded(Session, ConnectionID)
    /// `scope` exceeds what was granted; nothing was rotated (TK-8).
    case scopeExceeded
    /// `resource` is not the granted one; nothing was rotated (TK-8).
    case resourceExceeded
}
