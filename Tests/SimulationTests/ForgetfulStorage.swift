import AuthorizationServer
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Synchronization

/// A storage that breaks one rule, to show that schedules find it.
struct ForgetfulStorage: StateStorage {
    /// What it forgets.
    enum Omission {
        /// Sessions that were revoked go on.
        case sessionEndings
        /// A used code can be used again.
        case usedCodes
        /// Blocks have no effect.
        case blocks
    }

    private let whole: any StateStorage
    let stores: Stores

    init(_ whole: any StateStorage, forgets omission: Omission) {
        self.whole = whole
        let stores = whole.stores
        guard let sessions = stores.sessions as? AuthorizationSessions, let administration = stores.administration
        else { preconditionFailure("a storage in memory is expected") }
        self.stores = Stores(
            clients: stores.clients,
            sessions: ForgetfulSessions(far: sessions, omission: omission),
            vault: stores.vault,
            keys: stores.keys,
            replay: stores.replay,
            devices: stores.devices,
            upkeep: stores.upkeep,
            administration: Stores.Administration(
                listing: administration.listing,
                blocks: omission == .blocks ? ForgetfulBlocks() : administration.blocks,
                keys: administration.keys
            )
        )
    }

    var requiresSnapshot: Bool { whole.requiresSnapshot }
    var awaitsSnapshot: Bool { whole.awaitsSnapshot }
    func writeSnapshot(now: Timestamp) async throws { try await whole.writeSnapshot(now: now) }
    func close() async throws { try await whole.close() }
}

private struct ForgetfulBlocks: BlockStore {
    func block(_ party: BlockedParty, now: Timestamp) async throws(StoreError) -> Receipt<BlockOutcome> {
        Receipt(.blocked)
    }

    func unblock(_ party: BlockedParty) async throws(StoreError) -> Receipt<Bool> { Receipt(true) }
    func hasBlocks() async throws(StoreError) -> Bool { false }
    func isBlocked(_ party: BlockedParty) async throws(StoreError) -> Bool { false }
    func blocks() async throws(StoreError) -> [Block] { [] }
}

private final class ForgetfulSessions: AuthorizationStore {
    private let far: AuthorizationSessions
    private let omission: ForgetfulStorage.Omission
    private let used = Mutex<[SHA256Digest: (Session, AuthorizationGrant)]>([:])

    init(far: AuthorizationSessions, omission: ForgetfulStorage.Omission) {
        self.far = far
        self.omission = omission
    }

    func consumeOnce(
        _ ticket: SHA256Digest,
        until expiry: Timestamp,
        from source: SourceNetwork,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<TicketConsumption> {
        await far.consumeOnce(ticket, until: expiry, from: source, now: now)
    }

    func begin(
        _ pending: PendingLogin,
        state: SHA256Digest,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<StoreAdmission> {
        await far.begin(pending, state: state, now: now)
    }

    func takePending(
        state: SHA256Digest,
        upstream: String,
        binding: SHA256Digest?,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<PendingOutcome> {
        await far.takePending(state: state, upstream: upstream, binding: binding, now: now)
    }

    func abandon(_ id: SessionID) async { await far.abandon(id) }

    func issueCode(
        _ code: SHA256Digest,
        for grant: AuthorizationGrant,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<StoreAdmission> {
        await far.issueCode(code, for: grant, now: now)
    }

    func redeem(
        _ redemption: CodeRedemption,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RedemptionOutcome> {
        let receipt = try await far.redeem(redemption, now: now)
        guard omission == .usedCodes else { return receipt }
        let outcome = try await receipt.outcome
        switch outcome {
        case .redeemed(let session, let grant):
            used.withLock { $0[redemption.code] = (session, grant) }
        case .replayed:
            if let (session, grant) = used.withLock({ $0[redemption.code] }) {
                return Receipt(.redeemed(session, grant))
            }
        default: break
        }
        return Receipt(outcome)
    }

    func rotate(
        _ use: RefreshTokenUse,
        under conditions: RefreshConditions,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RotationOutcome> {
        try await far.rotate(use, under: conditions, now: now)
    }

    func start(_ session: Session, now: Timestamp) async throws(StoreError) -> Receipt<StoreAdmission> {
        try await far.start(session, now: now)
    }

    func startAgent(_ session: Session, now: Timestamp) async throws(StoreError) -> Receipt<AgentAdmission> {
        try await far.startAgent(session, now: now)
    }

    func useAgent(
        _ tokenHash: SHA256Digest,
        under conditions: RefreshConditions,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<AgentUse> {
        try await far.useAgent(tokenHash, under: conditions, now: now)
    }

    func session(_ id: SessionID, now: Timestamp) async throws(StoreError) -> Session? {
        await far.session(id, now: now)
    }

    func revoke(_ id: SessionID) async throws(StoreError) -> Receipt<Session?> {
        guard omission == .sessionEndings else { return try await far.revoke(id) }
        return Receipt(await far.session(id, now: Timestamp(secondsSinceEpoch: 0)))
    }

    func revoke(_ id: SessionID, for clientID: String) async throws(StoreError) -> Receipt<SessionRevocation> {
        guard omission == .sessionEndings else { return try await far.revoke(id, for: clientID) }
        return Receipt(.unknown)
    }

    func end(_ ending: SessionEnding) async throws(StoreError) -> Receipt<Int> {
        try await far.end(ending)
    }

    func sessions(of userID: UserID, now: Timestamp) async throws(StoreError) -> [Session] {
        await far.sessions(of: userID, now: now)
    }

    func awaited(among connections: Set<ConnectionID>) async throws(StoreError) -> Set<ConnectionID> {
        await far.awaited(among: connections)
    }

    func revokeAccessToken(
        _ token: AccessTokenReference,
        expiry: Timestamp,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<AccessTokenRevocation> {
        try await far.revokeAccessToken(token, expiry: expiry, now: now)
    }

    func standing(
        of token: AccessTokenReference,
        now: Timestamp
    ) async throws(StoreError) -> AccessTokenStanding {
        await far.standing(of: token, now: now)
    }

    func rememberConsent(_ consent: RememberedConsent) async throws(StoreError) -> Receipt<StoreAdmission> {
        try await far.rememberConsent(consent)
    }

    func hasConsent(_ key: SHA256Digest, now: Timestamp) async throws(StoreError) -> Bool {
        await far.hasConsent(key, now: now)
    }

    func consents(of userID: UserID, now: Timestamp) async throws(StoreError) -> [RememberedConsent] {
        await far.consents(of: userID, now: now)
    }

    func withdraw(_ withdrawal: ConsentWithdrawal) async throws(StoreError) -> Receipt<Int> {
        try await far.withdraw(withdrawal)
    }
}
