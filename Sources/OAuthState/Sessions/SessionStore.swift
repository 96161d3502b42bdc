package import OAuthProtocol
package import OpenSSLCrypto

/// Stores sessions and their families of refresh tokens.
///
/// Each verb checks and changes in one step.
package protocol SessionStore: Sendable {
    /// Uses a refresh token (RFC 6749 §6, FD-1), if the conditions permit its session to continue.
    ///
    /// The conditions are checked once the token is known to be this client's, live and not reused, and before `scope`
    /// and `resource`.
    ///
    /// A rotation whose answer could not leave is taken back: the token can be used again, at any time, without
    /// counting as reuse. A client that received the successor nevertheless continues with it.
    func rotate(
        _ use: RefreshTokenUse,
        under conditions: RefreshConditions,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RotationOutcome>
    /// Stores a session that begins without a code, because another issuer vouched for its user.
    ///
    /// A session whose tokens could not leave is taken back.
    func start(_ session: Session, now: Timestamp) async throws(StoreError) -> Receipt<StoreAdmission>
    /// Stores the session of an agent, unless the one that it would end with has ended.
    ///
    /// An agent whose token could not leave is taken back.
    func startAgent(_ session: Session, now: Timestamp) async throws(StoreError) -> Receipt<AgentAdmission>
    /// The live session of the agent whose token has this hash, if the conditions permit it to continue; remembers the
    /// use to the hour.
    ///
    /// The conditions hold for the agent's own connections and for those of the session that it ends with.
    func useAgent(
        _ tokenHash: SHA256Digest,
        under conditions: RefreshConditions,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<AgentUse>
    /// The live session with this id; an agent's is live only as long as the one that it ends with.
    func session(_ id: SessionID, now: Timestamp) async throws(StoreError) -> Session?
    /// Ends a session; `nil` when there was none.
    func revoke(_ id: SessionID) async throws(StoreError) -> Receipt<Session?>
    /// Ends a client's own session (RFC 7009 §2.1); another client's stays (D-47).
    func revoke(_ id: SessionID, for clientID: String) async throws(StoreError) -> Receipt<SessionRevocation>
    /// Ends sessions, unredeemed codes and logins in progress together, so that none of them yields another.
    ///
    /// The outcome is the number of sessions.
    func end(_ ending: SessionEnding) async throws(StoreError) -> Receipt<Int>
    /// The live sessions of a user.
    func sessions(of userID: UserID, now: Timestamp) async throws(StoreError) -> [Session]
    /// Those of some connections that a login in progress, or an unredeemed code, is going to use.
    func awaited(among connections: Set<ConnectionID>) async throws(StoreError) -> Set<ConnectionID>
}

/// The outcome of a client's request to end a session.
package enum SessionRevocation: Hashable, Sendable {
    /// Ended: none of its tokens is accepted from now on.
    case revoked(Session)
    /// It never existed, or has ended already.
    case unknown
    /// It belongs to another client; it was not changed.
    case wrongClient
}

/// RFC 6749 §6: the part of a token request that concerns a refresh token with a genuine MAC.
package struct RefreshTokenUse: Hashable, Sendable {
    /// The family.
    package var family: SessionID
    /// The presented generation.
    package var generation: UInt32
    /// The authenticated client.
    package var clientID: String
    /// Whether a successor replaces the token (FD-12: public clients).
    package var rotates: Bool
    /// `scope`, if sent.
    package var scopes: ScopeSet?
    /// The resource in its registered spelling, if sent.
    package var resource: String?
    /// Where it is used; `nil` when it is not known.
    package var origin: RefreshOrigin?
    /// RFC 9449 §5: the key whose possession the request proves, if it does.
    ///
    /// The session of a client whose tokens rotate is bound to it from then on, and rotates no more (DP-4).
    package var key: KeyThumbprint?

    /// A use.
    package init(
        family: SessionID,
        generation: UInt32,
        clientID: String,
        rotates: Bool,
        scopes: ScopeSet? = nil,
        resource: String? = nil,
        origin: RefreshOrigin? = nil,
        key: KeyThumbprint? = nil
    ) {
        self.family = family
        self.generation = generation
        self.clientID = clientID
        self.rotates = rotates
        self.scopes = scopes
        self.resource = resource
        self.origin = origin
        self.key = key
    }
}

/// The outcome of using a refresh token.
package enum RotationOutcome: Hashable, Sendable {
    /// Accepted; the session's generation is the one to issue.
    case rotated(Session)
    /// Accepted, although the token is newer than the state: it was issued after the backup that the state comes from.
    ///
    /// Once for a family, and only where ``SessionPolicy/possiblyBehindSince`` permits it; a newer token is reuse
    /// otherwise.
    case caughtUp(Session)
    /// The predecessor within the grace: the same successor again (FD-1).
    case repeated(Session)
    /// The same, from another network and with another `User-Agent` than its first use: perhaps a stolen copy.
    case repeatedElsewhere(Session)
    /// The predecessor within the grace, more often than any client repeats; nothing was changed. The time is the end
    /// of the grace.
    case repeatedTooOften(until: Timestamp)
    /// An older token, or one that was never issued: the family is revoked (RFC 9700 §4.14.2).
    case reused(Session)
    /// No such family: revoked, expired or never issued.
    case unknown
    /// The family has expired.
    case expired
    /// Another client's token; nothing was changed (D-29).
    case wrongClient
    /// RFC 9449 §5: the session is bound to a key that the request does not prove; nothing was changed.
    case wrongKey
    /// The session's resource is not registered now; nothing was rotated (RI-1).
    case resourceNotRegistered
    /// The provider has ended a connection that the session needs, or the operator refuses one that it has, and so the
    /// session has ended.
    case upstreamEnded(Session, ConnectionID)
    /// `scope` exceeds what was granted; nothing was rotated (TK-8).
    case scopeExceeded
    /// `resource` differs from the granted one; nothing was rotated (TK-8).
    case resourceExceeded
}
