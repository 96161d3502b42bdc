package import OAuthProtocol
package import OpenSSLCrypto

/// Where logins under way, codes, sessions and consents are kept.
///
/// Each verb checks and changes in one step.
package protocol AuthorizationStore: Sendable {
    /// Uses up a consent ticket; false when it was used before (CO-3).
    func approve(ticket: SHA256Digest, expiry: Timestamp, now: Timestamp) async -> TicketApproval
    /// Keeps a login that goes to an upstream provider, unless it has ended since its last leg.
    func begin(_ pending: PendingAuthorization, state: SHA256Digest, now: Timestamp) async -> StoreAdmission
    /// Takes a login out, if state, provider and browser are the right ones (UP-1, CO-3, D-53).
    func takePending(
        state: SHA256Digest,
        upstream: String,
        binding: SHA256Digest?,
        now: Timestamp
    ) async -> PendingOutcome
    /// Keeps a grant under the hash of its code, unless its login has ended since its callback took it.
    func issueCode(_ code: SHA256Digest, for grant: AuthorizationGrant, now: Timestamp) async -> StoreAdmission
    /// Redeems a code once (RFC 6749 §4.1.3).
    func redeem(_ redemption: CodeRedemption, now: Timestamp) async -> Recorded<RedemptionOutcome>
    /// Takes a redemption back whose answer could not be made durable and never left: the code can be tried again.
    ///
    /// Nothing happens where the session is not as it was made: a replay has ended it, and it stays so (TK-6).
    func unredeem(_ code: SHA256Digest, for session: Session) async
    /// Uses a refresh token (RFC 6749 §6, FD-1) if the rest of the server still permits the session to go on.
    ///
    /// `permits` is asked inside the store's turn, once the token is known to be this client's, live and not reused, and
    /// before `scope` and `resource` are looked at; it must not wait, nor call the store.
    func rotate(
        _ use: RefreshTokenUse,
        now: Timestamp,
        if permits: @Sendable (Session) -> Bool
    ) async -> Recorded<RotationOutcome>
    /// Takes a rotation back whose answer could not be made durable and never left: the token can be used again, at any
    /// time, without counting as reuse.
    ///
    /// A client that has the successor all the same goes on with it, for a genuine token moves the state forward. Nothing
    /// happens where the session is not as the rotation left it.
    func unrotate(_ use: RefreshTokenUse, for session: Session) async
    /// The live session with this id.
    func session(_ id: SessionID, now: Timestamp) async -> Session?
    /// Ends a session; `nil` when there was none.
    func revoke(_ id: SessionID) async -> Recorded<Session?>
    /// Ends sessions, codes that were not redeemed and logins under way together, so that none comes of another; the
    /// number of sessions.
    func end(_ ending: SessionEnding) async -> Recorded<Int>
    /// Those of some connections that a login under way, or a code that was not redeemed yet, rests on.
    func awaited(among connections: Set<ConnectionID>) async -> Set<ConnectionID>
    /// The live sessions of a user, in no particular order; the sessions that use a connection are among its user's.
    func sessions(of userID: UserID, now: Timestamp) async -> [Session]
    /// Forgets a login that `takePending` returned and whose callback came to nothing: it makes room for another.
    func abandon(_ id: SessionID) async
    /// Ends a client's own session (RFC 7009 §2.1); another client's stays (D-47).
    func revoke(_ id: SessionID, for clientID: String) async -> Recorded<SessionRevocation>
    /// Refuses one access token until it expires; its session and refresh token stay (RV-2).
    func revokeAccessToken(
        _ token: AccessTokenReference,
        expiry: Timestamp,
        now: Timestamp
    ) async -> Recorded<AccessTokenRevocation>
    /// Whether an access token still stands: neither it nor its session was revoked.
    func standing(of token: AccessTokenReference, now: Timestamp) async -> AccessTokenStanding
    /// Remembers a consent under the hash of everything that it was given for (CO-1).
    func rememberConsent(_ key: SHA256Digest, now: Timestamp) async -> Recorded<StoreAdmission>
    /// Whether this very consent was given.
    func hasConsent(_ key: SHA256Digest) async -> Bool
}

/// What became of something that needed room.
package enum StoreAdmission: Hashable, Sendable {
    case admitted
    /// The table is at its bound.
    case full
    /// The login has ended meanwhile, at its provider.
    case ended
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

/// What became of an access token that its client gave back.
package enum AccessTokenRevocation: Hashable, Sendable {
    /// It is refused from now on.
    case revoked
    /// There was no room to remember it, and its whole session was ended for that.
    case sessionEnded(Session)
    /// There is no room, and no session to end; nothing happened.
    case full
}

/// What an access token has to be looked up by.
package struct AccessTokenReference: Hashable, Sendable {
    /// Hash of its `jti`.
    package let tokenID: SHA256Digest
    /// Its session; `nil` for a token that a client got for itself.
    package let sessionID: SessionID?

    /// The reference of a token.
    package init(tokenID: String, sessionID: SessionID?) {
        self.tokenID = SHA256.hash(tokenID)
        self.sessionID = sessionID
    }
}

/// Whether an access token still stands.
package enum AccessTokenStanding: Hashable, Sendable {
    /// It does, for this session.
    case session(Session)
    /// It does, and there is no session behind it: a client's own token.
    case withoutSession
    /// The token was revoked, or its session is over.
    case revoked
}

/// What became of a consent ticket.
package enum TicketApproval: Hashable, Sendable {
    /// The first and only use.
    case approved
    /// Used before.
    case alreadyUsed
    /// The table is at its bound.
    case full
}

/// What a callback finds.
package enum PendingOutcome: Hashable, Sendable {
    /// The login; it is taken out.
    case taken(PendingAuthorization)
    /// No such state, or used, or expired.
    case unknown
    /// The state is genuine, the browser is not the one that approved; the login stays (D-51).
    case wrongBrowser
    /// The state belongs to another provider; the login stays (D-65).
    case wrongUpstream
    /// As many callbacks are at work as there may be logins under way; the login stays and can be tried again.
    case full
}

/// RFC 6749 §4.1.3: what a token request says about a code.
package struct CodeRedemption: Hashable, Sendable {
    /// Hash of the code.
    package var code: SHA256Digest
    /// The authenticated client.
    package var clientID: String
    /// `redirect_uri`, if sent (TK-5).
    package var redirectURI: String?
    /// The challenge of the sent verifier.
    package var challenge: CodeChallenge
    /// The resource of the request in its registered spelling, if sent.
    package var resource: String?

    /// A redemption.
    package init(
        code: SHA256Digest,
        clientID: String,
        redirectURI: String?,
        challenge: CodeChallenge,
        resource: String?
    ) {
        self.code = code
        self.clientID = clientID
        self.redirectURI = redirectURI
        self.challenge = challenge
        self.resource = resource
    }
}

/// What became of a code.
package enum RedemptionOutcome: Hashable, Sendable {
    /// Redeemed; the session lives from now on.
    case redeemed(Session, AuthorizationGrant)
    /// Never issued, or forgotten.
    case unknown
    /// Its time has passed.
    case expired
    /// Something that the code is bound to differs; the code stays unless it was tried too often.
    case mismatch(CodeMismatch)
    /// A second valid redemption; the session of the first is revoked (TK-6, D-15).
    case replayed(SessionID)
    /// The table of sessions is at its bound; the code stays.
    case full
}

/// What differed in a failed redemption.
package enum CodeMismatch: Hashable, Sendable {
    case client
    case redirectURI
    case verifier
    case resource
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
    /// The token is good and the session may not go on; nothing was rotated.
    case withheld(Session)
    /// `scope` has more than was granted; nothing was rotated (TK-8).
    case scopeExceeded
    /// `resource` is not the granted one; nothing was rotated (TK-8).
    case resourceExceeded
}
