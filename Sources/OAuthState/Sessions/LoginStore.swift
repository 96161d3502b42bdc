package import OAuthProtocol
package import OpenSSLCrypto

/// Stores logins in progress and authorization codes.
///
/// Each verb checks and changes in one step. None of this survives a restart: the user starts an unfinished login
/// again.
package protocol LoginStore: Sendable {
    /// Consumes a consent ticket, or another single-use token of a browser (CO-3).
    ///
    /// - Parameters:
    ///   - ticket: Hash of the token.
    ///   - expiry: When the token expires anyway; the same at each of its uses.
    ///   - source: The network of the browser; at the bound the networks are refused that fill the table.
    ///   - now: The current time.
    /// - Returns: Whether this was the first use.
    /// - Throws: ``StoreError`` when the change was not made.
    func consumeOnce(
        _ ticket: SHA256Digest,
        until expiry: Timestamp,
        from source: SourceNetwork,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<TicketConsumption>
    /// Stores a login that goes to an upstream provider, unless it has ended since its last leg.
    func begin(
        _ pending: PendingLogin,
        state: SHA256Digest,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<StoreAdmission>
    /// Takes a login, if state, provider and browser match (UP-1, CO-3, D-53).
    ///
    /// Until the login is passed to ``begin(_:state:now:)`` again, or becomes a code, the store remembers that its
    /// callback is being processed, so that an ending in between reaches it.
    func takePending(
        state: SHA256Digest,
        upstream: String,
        binding: SHA256Digest?,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<PendingOutcome>
    /// Forgets that the callback of a login is being processed: it has failed, and the login yields nothing.
    func abandon(_ id: SessionID) async
    /// Stores a grant under the hash of its code, unless its login has ended since its callback took it.
    func issueCode(
        _ code: SHA256Digest,
        for grant: AuthorizationGrant,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<StoreAdmission>
    /// Redeems a code once (RFC 6749 §4.1.3).
    ///
    /// A redemption whose answer could not leave is taken back: the code can be used again. It stays redeemed if a
    /// replay has ended the session in the meantime (TK-6).
    func redeem(
        _ redemption: CodeRedemption,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RedemptionOutcome>
}

extension LoginStore {
    /// Consumes a token whose network is not known.
    package func consumeOnce(
        _ ticket: SHA256Digest,
        until expiry: Timestamp,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<TicketConsumption> {
        try await consumeOnce(ticket, until: expiry, from: .unknown, now: now)
    }
}

/// The outcome of using a single-use ticket.
package enum TicketConsumption: Hashable, Sendable {
    /// The first and only use.
    case consumed
    /// Used before.
    case alreadyUsed
    /// The table is full.
    case full
}

/// The outcome of storing an entry.
package enum StoreAdmission: Hashable, Sendable {
    case admitted
    /// The table is full.
    case full
    /// The login has ended in the meantime, at its provider.
    case ended
}

/// The outcome of looking up a callback's login.
package enum PendingOutcome: Hashable, Sendable {
    /// The login, which is taken out.
    case taken(PendingLogin)
    /// No such state, or used, or expired.
    case unknown
    /// The state is genuine, but the browser is not the one that approved; the login stays (D-51).
    case wrongBrowser
    /// The state belongs to another provider; the login stays (D-65).
    case wrongUpstream
    /// The most callbacks are being processed already; the login stays and can be tried again.
    case full
}

/// RFC 6749 §4.1.3: the part of a token request that concerns a code.
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
    /// RFC 9449 §5: the key whose possession the request proves, if it does.
    package var key: KeyThumbprint?
    /// Whether the session's refresh tokens are bound to that key: those of a public client.
    package var bindsSession = false

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

/// The outcome of redeeming a code.
package enum RedemptionOutcome: Hashable, Sendable {
    /// Redeemed: the session exists from now on.
    case redeemed(Session, AuthorizationGrant)
    /// Never issued, or no longer remembered.
    case unknown
    /// The code has expired.
    case expired
    /// A value that the code is bound to differs; the code stays unless it was tried too often.
    case mismatch(CodeMismatch)
    /// A second valid redemption; the session of the first is revoked (TK-6, D-15).
    case replayed(SessionID)
    /// The table of sessions is full; the code stays.
    case full
}

/// The value that differed in a failed redemption.
package enum CodeMismatch: Hashable, Sendable {
    case client
    case redirectURI
    case verifier
    case resource
    /// RFC 9449 §10: the request does not prove possession of the key that the code is bound to.
    case key
}
