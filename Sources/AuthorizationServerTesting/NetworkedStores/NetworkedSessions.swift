package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// Logins, codes, sessions and consents behind a ``Network``: what a store that is no journal's actor has to work with.
package struct NetworkedSessions: AuthorizationStore {
    /// The stores behind the network, where a test looks at what holds.
    package let far: AuthorizationSessions
    private let network: Network

    /// The same stores, behind a network.
    package init(far: AuthorizationSessions, network: Network) {
        self.far = far
        self.network = network
    }

    package func consumeOnce(
        _ ticket: SHA256Digest,
        until expiry: Timestamp,
        from source: SourceNetwork,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<TicketConsumption> {
        try await network.change("consumeOnce") { await far.consumeOnce(ticket, until: expiry, from: source, now: now) }
    }

    package func begin(
        _ pending: PendingLogin,
        state: SHA256Digest,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<StoreAdmission> {
        try await network.change("begin") { await far.begin(pending, state: state, now: now) }
    }

    package func takePending(
        state: SHA256Digest,
        upstream: String,
        binding: SHA256Digest?,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<PendingOutcome> {
        try await network.change("takePending") {
            await far.takePending(state: state, upstream: upstream, binding: binding, now: now)
        }
    }

    package func abandon(_ id: SessionID) async { await far.abandon(id) }

    package func issueCode(
        _ code: SHA256Digest,
        for grant: AuthorizationGrant,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<StoreAdmission> {
        try await network.change("issueCode") { await far.issueCode(code, for: grant, now: now) }
    }

    package func redeem(
        _ redemption: CodeRedemption,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RedemptionOutcome> {
        try await network.change("redeem") { () throws(StoreError) in try await far.redeem(redemption, now: now) }
    }

    package func rotate(
        _ use: RefreshTokenUse,
        under conditions: RefreshConditions,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RotationOutcome> {
        try await network.change("rotate") { () throws(StoreError) in
            try await far.rotate(use, under: conditions, now: now)
        }
    }

    package func start(_ session: Session, now: Timestamp) async throws(StoreError) -> Receipt<StoreAdmission> {
        try await network.change("start") { () throws(StoreError) in try await far.start(session, now: now) }
    }

    package func startAgent(_ session: Session, now: Timestamp) async throws(StoreError) -> Receipt<AgentAdmission> {
        let session = try Carriage.carried(session)
        return try await network.change("startAgent") { () throws(StoreError) in
            try await far.startAgent(session, now: now)
        }
    }

    package func useAgent(
        _ tokenHash: SHA256Digest,
        under conditions: RefreshConditions,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<AgentUse> {
        try await network.change("useAgent") { () throws(StoreError) in
            try await far.useAgent(tokenHash, under: conditions, now: now)
        }
    }

    package func session(_ id: SessionID, now: Timestamp) async throws(StoreError) -> Session? {
        try await network.ask("session") { () throws(StoreError) in
            await far.session(id, now: now)
        }
    }

    package func revoke(_ id: SessionID) async throws(StoreError) -> Receipt<Session?> {
        try await network.change("revoke") { () throws(StoreError) in try await far.revoke(id) }
    }

    package func revoke(_ id: SessionID, for clientID: String) async throws(StoreError) -> Receipt<SessionRevocation> {
        try await network.change("revoke(for:)") { () throws(StoreError) in try await far.revoke(id, for: clientID) }
    }

    package func end(_ ending: SessionEnding) async throws(StoreError) -> Receipt<Int> {
        try await network.change("end") { () throws(StoreError) in try await far.end(ending) }
    }

    package func sessions(of userID: UserID, now: Timestamp) async throws(StoreError) -> [Session] {
        try await network.ask("sessions(of:)") { await far.sessions(of: userID, now: now) }
    }

    package func awaited(among connections: Set<ConnectionID>) async throws(StoreError) -> Set<ConnectionID> {
        try await network.ask("awaited") { await far.awaited(among: connections) }
    }

    package func revokeAccessToken(
        _ token: AccessTokenReference,
        expiry: Timestamp,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<AccessTokenRevocation> {
        try await network.change("revokeAccessToken") { () throws(StoreError) in
            try await far.revokeAccessToken(token, expiry: expiry, now: now)
        }
    }

    package func standing(
        of token: AccessTokenReference,
        now: Timestamp
    ) async throws(StoreError) -> AccessTokenStanding {
        try await network.ask("standing") { await far.standing(of: token, now: now) }
    }

    package func rememberConsent(_ consent: RememberedConsent) async throws(StoreError) -> Receipt<StoreAdmission> {
        try await network.change("rememberConsent") { () throws(StoreError) in
            try await far.rememberConsent(consent)
        }
    }

    package func hasConsent(_ key: SHA256Digest, now: Timestamp) async throws(StoreError) -> Bool {
        try await network.ask("hasConsent") { await far.hasConsent(key, now: now) }
    }

    package func consents(of userID: UserID, now: Timestamp) async throws(StoreError) -> [RememberedConsent] {
        try await network.ask("consents(of:)") { await far.consents(of: userID, now: now) }
    }

    package func withdraw(_ withdrawal: ConsentWithdrawal) async throws(StoreError) -> Receipt<Int> {
        try await network.change("withdraw") { () throws(StoreError) in try await far.withdraw(withdrawal) }
    }
}
