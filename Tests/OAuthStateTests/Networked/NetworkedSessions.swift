import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// Logins, codes, sessions and consents behind a ``Network``: what a store that is no journal's actor has to work with.
struct NetworkedSessions: AuthorizationStore {
    let far: AuthorizationSessions
    let network: Network

    func consumeOnce(
        _ ticket: SHA256Digest,
        until expiry: Timestamp,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<TicketConsumption> {
        try await network.change("consumeOnce") { await far.consumeOnce(ticket, until: expiry, now: now) }
    }

    func begin(
        _ pending: PendingAuthorization,
        state: SHA256Digest,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<StoreAdmission> {
        try await network.change("begin") { await far.begin(pending, state: state, now: now) }
    }

    func takePending(
        state: SHA256Digest,
        upstream: String,
        binding: SHA256Digest?,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<PendingOutcome> {
        try await network.change("takePending") {
            await far.takePending(state: state, upstream: upstream, binding: binding, now: now)
        }
    }

    func abandon(_ id: SessionID) async { await far.abandon(id) }

    func issueCode(
        _ code: SHA256Digest,
        for grant: AuthorizationGrant,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<StoreAdmission> {
        try await network.change("issueCode") { await far.issueCode(code, for: grant, now: now) }
    }

    func redeem(
        _ redemption: CodeRedemption,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RedemptionOutcome> {
        try await network.change("redeem") { () throws(StoreError) in try await far.redeem(redemption, now: now) }
    }

    func rotate(
        _ use: RefreshTokenUse,
        under conditions: RefreshConditions,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RotationOutcome> {
        try await network.change("rotate") { () throws(StoreError) in
            try await far.rotate(use, under: conditions, now: now)
        }
    }

    func session(_ id: SessionID, now: Timestamp) async throws(StoreError) -> Session? {
        try await network.ask("session") { () throws(StoreError) in
            try Network.carried(await far.session(id, now: now))
        }
    }

    func revoke(_ id: SessionID) async throws(StoreError) -> Receipt<Session?> {
        try await network.change("revoke") { () throws(StoreError) in try await far.revoke(id) }
    }

    func revoke(_ id: SessionID, for clientID: String) async throws(StoreError) -> Receipt<SessionRevocation> {
        try await network.change("revoke(for:)") { () throws(StoreError) in try await far.revoke(id, for: clientID) }
    }

    func end(_ ending: SessionEnding) async throws(StoreError) -> Receipt<Int> {
        try await network.change("end") { () throws(StoreError) in try await far.end(ending) }
    }

    func sessions(of userID: UserID, now: Timestamp) async throws(StoreError) -> [Session] {
        try await network.ask("sessions(of:)") { await far.sessions(of: userID, now: now) }
    }

    func awaited(among connections: Set<ConnectionID>) async throws(StoreError) -> Set<ConnectionID> {
        try await network.ask("awaited") { await far.awaited(among: connections) }
    }

    func revokeAccessToken(
        _ token: AccessTokenReference,
        expiry: Timestamp,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<AccessTokenRevocation> {
        try await network.change("revokeAccessToken") { () throws(StoreError) in
            try await far.revokeAccessToken(token, expiry: expiry, now: now)
        }
    }

    func standing(of token: AccessTokenReference, now: Timestamp) async throws(StoreError) -> AccessTokenStanding {
        try await network.ask("standing") { await far.standing(of: token, now: now) }
    }

    func rememberConsent(_ key: SHA256Digest, now: Timestamp) async throws(StoreError) -> Receipt<StoreAdmission> {
        try await network.change("rememberConsent") { () throws(StoreError) in
            try await far.rememberConsent(key, now: now)
        }
    }

    func hasConsent(_ key: SHA256Digest) async throws(StoreError) -> Bool {
        try await network.ask("hasConsent") { await far.hasConsent(key) }
    }
}
