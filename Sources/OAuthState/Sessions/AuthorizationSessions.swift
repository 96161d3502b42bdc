package import DurableLog
import HashTreeCollections
package import OAuthProtocol
package import OpenSSLCrypto

/// Owns logins in progress, codes, sessions with their refresh families, and remembered consents.
///
/// Single use is one actor turn: no method here waits, so nothing can happen between a check and its change.
package actor AuthorizationSessions: AuthorizationStore {
    let journal: any ChangeJournal
    let limits: StoreLimits
    let policy: SessionPolicy
    let endedConnections: EndedConnections
    /// Whether the log of endings is written.
    let recordsEndings: Bool

    var usedTickets = ConsumedTickets()
    var pending = LoginTable<SHA256Digest, PendingLogin>()
    /// Logins whose callback is being processed: neither pending any longer nor a code yet.
    var taken = LoginTable<SessionID, TakenLogin>()
    var codes = LoginTable<SHA256Digest, IssuedCode>()
    /// How many codes can still be redeemed; the others are remembered only to detect replays.
    var redeemableCodes = ExpiringTable<SHA256Digest, Void>()
    var sessions = SessionTable()
    var sessionExpiries = ExpiryBuckets<SessionID>(of: .hour)
    var consents = ConsentTable()
    var revokedTokens: TreeDictionary<SHA256Digest, AccessRevocation> = [:]
    var revokedTokenExpiries = ExpiryBuckets<SHA256Digest>(of: .minute)
    /// How many of them each session has; a session without any has no entry.
    var revokedTokenShares: [SessionID: Int] = [:]
    var revokedTokenOfSessionCount = 0
    var interned = SessionInterning()
    var endings: EndingLog
    /// The latest time that a sweep brought, some seconds old at most while the server runs.
    var moment = AuthorizationSessions.unknownMoment

    /// An empty store.
    package init(
        policy: SessionPolicy,
        journal: any ChangeJournal,
        limits: StoreLimits = .init(),
        endedConnections: EndedConnections = .init(),
        recordsEndings: Bool = false
    ) {
        self.policy = policy
        self.journal = journal
        self.limits = limits
        self.endedConnections = endedConnections
        self.recordsEndings = recordsEndings
        endings = EndingLog(countMax: limits.endingsMax)
    }

    // MARK: - Logins in progress

    package func consumeOnce(
        _ ticket: SHA256Digest,
        until expiry: Timestamp,
        from source: SourceNetwork,
        now: Timestamp
    ) -> Receipt<TicketConsumption> {
        usedTickets.expire(now: now)
        return Receipt(
            usedTickets.consume(ticket, expiry: expiry, source: source, countMax: limits.approvedTicketsMax)
        )
    }

    package func begin(
        _ pending: PendingLogin,
        state: SHA256Digest,
        now: Timestamp
    ) -> Receipt<StoreAdmission> {
        self.pending.expire(now: now)
        guard !isEnded(pending.login.sessionID) else { return Receipt(.ended) }
        guard self.pending.admits(pending.login.source, countMax: limits.pendingAuthorizationsMax) else {
            return Receipt(.full)
        }
        taken.remove(pending.login.sessionID)
        self.pending.insert(pending, for: state, expiry: pending.expiry)
        return Receipt(.admitted)
    }

    package func takePending(
        state: SHA256Digest,
        upstream: String,
        binding: SHA256Digest?,
        now: Timestamp
    ) -> Receipt<PendingOutcome> {
        guard let found = pending[state], now < found.expiry else { return Receipt(.unknown) }
        // Authenticate and bind before changing state: a wrong browser must not spoil the right one's login.
        guard let binding, constantTimeEqual(binding.bytes, found.binding.bytes) else { return Receipt(.wrongBrowser) }
        guard found.upstream == upstream else { return Receipt(.wrongUpstream) }
        guard take(found.login, now: now) else { return Receipt(.full) }
        pending.remove(state)
        return Receipt(.taken(found))
    }

    // MARK: - Sessions

    package func session(_ id: SessionID, now: Timestamp) -> Session? {
        guard let session = sessions[id], session.isLive(now: now), hasLivingParent(session, now: now) else {
            return nil
        }
        return session
    }

    package func revoke(_ id: SessionID) throws(StoreError) -> Receipt<Session?> {
        try journal.requireAvailability()
        let session = sessions[id]
        return journal.receipt(session, at: remove(id))
    }

    /// Ends a session; returns the position after which it remains ended, no matter which request ended it.
    func remove(_ id: SessionID) -> JournalPosition {
        sessions[id].map(end) ?? journal.lastPosition
    }

    @discardableResult
    func recordRemoval(of id: SessionID) -> JournalPosition {
        journal.append(BinaryWriter.record(.removeSession) { $0.write(id) })
    }

    /// Drops up to `limit` expired sessions, and all expired short-lived entries.
    package func sweep(now: Timestamp, limit: Int) {
        moment = max(moment, now)
        endings.expire(now: now)
        usedTickets.expire(now: now)
        pending.expire(now: now)
        taken.expire(now: now)
        codes.expire(now: now)
        redeemableCodes.expire(now: now)
        sweepRevokedTokens(now: now, limit: limit)
        // Each removal is a record. While the disk takes none they would fill the journal's memory, and nothing is
        // urgent: a session whose time has passed is not live.
        guard journal.isAvailable else { return }
        sweepConsents(now: now, limit: limit)
        for id in sessionExpiries.popDue(now: now, limit: limit) {
            guard let session = sessions[id] else { continue }
            if session.isLive(now: now) {
                sessionExpiries.insert(id, expiry: session.expiry)
            } else {
                sessions.removeValue(forKey: id)
                recordRemoval(of: id)
            }
        }
    }

    /// How many entries of each kind are stored, for metrics.
    package var counts: (pending: Int, codes: Int, sessions: Int, consents: Int) {
        (pending.count, codes.count, sessions.count, consents.count)
    }

    /// A copy of the table, in O(1).
    var rows: TreeDictionary<SessionID, Session> { sessions.rows }

    /// Every session.
    ///
    /// A command that works on the storage while no server runs needs them.
    package var sessionIDs: [SessionID] { Array(sessions.rows.keys) }
}

extension AuthorizationSessions: RecordedStore {
    package static let recordKinds: Set<RecordKind> = [
        .putSession, .rotateRefreshToken, .removeSession, .putConsent, .putConsentOfUser, .removeConsent,
        .putRevokedToken, .putRevokedTokenOfSession, .putEnding, .putEndingMark, .withdrawEnding,
    ]

    /// The meaning of one record of sessions, consents and revoked tokens.
    package enum Change: RecordedChange {
        case putSession(Session)
        case rotate(
            SessionID,
            generation: UInt32,
            rotatedAt: Timestamp,
            idleExpiry: Timestamp,
            rotatedBy: RefreshOrigin?
        )
        case removeSession(SessionID)
        case putConsent(RememberedConsent)
        case removeConsent(SHA256Digest)
        case putRevokedToken(SHA256Digest, AccessRevocation)
        case ending(EndingChange)

        package var place: Int {
            switch self {
            case .putSession(let session): session.id.hashValue
            case .rotate(let id, _, _, _, _), .removeSession(let id): id.hashValue
            case .putConsent(let consent): consent.key.hashValue
            case .removeConsent(let key), .putRevokedToken(let key, _): key.hashValue
            // One place for all: their order matters.
            case .ending: 0
            }
        }
    }

    package static func change(_ kind: RecordKind, _ reader: inout BinaryReader) throws(RecordError) -> Change {
        switch kind {
        case .putSession:
            .putSession(try Session(from: &reader))
        case .rotateRefreshToken:
            .rotate(
                try reader.identifier(),
                generation: try reader.integer(),
                rotatedAt: try reader.timestamp(),
                idleExpiry: try reader.timestamp(),
                // Comes last, and only if it is known: earlier versions wrote none.
                rotatedBy: try RefreshOrigin(ifAnyIn: &reader)
            )
        case .removeSession:
            .removeSession(try reader.identifier())
        case .putConsent:
            .removeConsent(try Self.consentWithoutUser(from: &reader))
        case .putConsentOfUser:
            .putConsent(try RememberedConsent(from: &reader))
        case .removeConsent:
            .removeConsent(try reader.digest())
        case .putRevokedToken:
            .putRevokedToken(try reader.digest(), AccessRevocation(expiry: try reader.timestamp(), sessionID: nil))
        case .putRevokedTokenOfSession:
            .putRevokedToken(
                try reader.digest(),
                AccessRevocation(expiry: try reader.timestamp(), sessionID: try reader.identifier())
            )
        case .putEnding, .putEndingMark, .withdrawEnding:
            .ending(try EndingChange(kind, &reader))
        default:
            throw RecordError("not a record of the authorization sessions")
        }
    }

    // The form before users were stored. A consent that its user cannot withdraw is asked for again.
    private static func consentWithoutUser(from reader: inout BinaryReader) throws(RecordError) -> SHA256Digest {
        let key = try reader.digest()
        _ = try reader.timestamp()
        return key
    }

    package func apply(_ change: consuming Change) {
        switch consume change {
        case .putSession(let session):
            // Not interned: rows that are read together share their texts already.
            insertShared(session)
        case .rotate(let id, let generation, let rotatedAt, let idleExpiry, let rotatedBy):
            guard var session = sessions[id] else { return }
            session.generation = generation
            session.rotatedAt = rotatedAt
            session.idleExpiry = idleExpiry
            session.rotatedBy = rotatedBy
            sessions[id] = session
        case .removeSession(let id):
            sessions.removeValue(forKey: id)
        case .putConsent(let consent):
            consents.insert(consent, lifetime: policy.consentLifetime)
        case .removeConsent(let key):
            consents.remove(key)
        case .putRevokedToken(let id, let token):
            insertRevokedToken(id, token)
        case .ending(let change):
            change.apply(to: &endings)
        }
    }

    func insert(_ session: Session) {
        insertShared(interned.interning(session))
    }

    private func insertShared(_ session: Session) {
        sessions[session.id] = session
        sessionExpiries.insert(session.id, expiry: session.expiry)
    }

    package func capture() -> CapturedState {
        let sessions = sessions.rows
        let consents = consents.rows
        let revokedTokens = revokedTokens
        let endings = endings
        return CapturedState(position: journal.lastPosition) { body in
            for session in sessions.values {
                try body(session.record(.putSession))
            }
            for consent in consents.values {
                try body(consent.record(.putConsentOfUser))
            }
            for (id, token) in revokedTokens {
                try body(Self.revokedTokenRecord(id, token))
            }
            for record in endings.records { try body(record) }
        }
    }
}
