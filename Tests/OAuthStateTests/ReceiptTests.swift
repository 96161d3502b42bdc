import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import Testing

/// No outcome leaves before what it rests on holds: with a disk that fails just after a change nothing can be answered.
@Suite("ST-1, ST-3: receipts")
struct ReceiptTests {
    private let journal = ScriptedJournal()
    private let sessions: AuthorizationSessions
    private let now = StoreSample.now

    init() {
        sessions = AuthorizationSessions(policy: SessionPolicy(), journal: journal)
    }

    private struct Refused: StoreFailure, Equatable {
        var text = "refused"
        init() {}
        init(_ error: StoreError) { text = "store failed" }
    }

    private func openSession() async throws -> Session {
        _ = await sessions.issueCode(StoreSample.digest("code"), for: StoreSample.grant(1), now: now)
        let receipt = try await sessions.redeem(StoreSample.redemption("code"), now: now)
        guard case .redeemed(let session, _) = try await receipt.outcome else { throw Refused() }
        return session
    }

    @Test("the answer is made at once, and leaves only when the change holds")
    func overlap() async throws {
        _ = try await openSession()
        journal.refusesToWait = true
        var wasMade = false
        let receipt = try await sessions.rotate(StoreSample.use(generation: 1), now: now)
        await #expect(throws: StoreError.outcomeUnknown) {
            try await receipt.answering { (_) throws(StoreError) in wasMade = true }
        }
        #expect(wasMade)
    }

    @Test("ST-3: a refusal that rests on another request's change waits for that change")
    func refusalsWait() async throws {
        let session = try await openSession()
        let first = try await sessions.revoke(session.id)
        journal.refusesToWait = true
        await #expect(throws: StoreError.outcomeUnknown) { try await first.outcome }
        for repetition in [
            try await sessions.revoke(session.id).unit, try await sessions.revoke(session.id, for: "another").unit,
            try await sessions.rotate(StoreSample.use(generation: 1), now: now).unit,
            try await sessions.redeem(StoreSample.redemption("code"), now: now).unit,
        ] {
            await #expect(throws: StoreError.outcomeUnknown) { try await repetition() }
        }
        journal.refusesToWait = false
        let refused = try await sessions.rotate(StoreSample.use(generation: 1), now: now)
        #expect(try await refused.outcome == .unknown)
    }

    @Test("ST-1: an answer that fails, or a change that does not hold, takes a rotation back, and says which it was")
    func takenBack() async throws {
        let session = try await openSession()
        let failing = try await sessions.rotate(StoreSample.use(generation: 1), now: now)
        await #expect(throws: Refused()) {
            try await failing.answering { (_) throws(Refused) in throw Refused() }
        }
        #expect(await sessions.session(session.id, now: now)?.generation == 1)
        let unheld = try await sessions.rotate(StoreSample.use(generation: 1), now: now)
        journal.refusesToWait = true
        await #expect(throws: Refused(.unavailable)) {
            try await unheld.answering { (_) throws(Refused) in }
        }
        #expect(await sessions.session(session.id, now: now)?.generation == 1)
    }

    @Test("a refusal that is returned keeps its change")
    func returnedRefusal() async throws {
        let session = try await openSession()
        for generation in UInt32(1)...2 {
            _ = try await sessions.rotate(StoreSample.use(generation: generation), now: now).outcome
        }
        let reuse = try await sessions.rotate(StoreSample.use(generation: 1), now: now)
        let isReuse = try await reuse.answering { (outcome) throws(StoreError) in
            if case .reused = outcome { true } else { false }
        }
        #expect(isReuse)
        #expect(await sessions.session(session.id, now: now) == nil)
    }

    @Test("ST-1: while the journal takes nothing, changes are refused before they are made")
    func unavailable() async throws {
        let session = try await openSession()
        journal.isAvailable = false
        let count = journal.records.count
        await #expect(throws: StoreError.unavailable) { try await sessions.revoke(session.id) }
        await #expect(throws: StoreError.unavailable) {
            try await sessions.rotate(StoreSample.use(generation: 1), now: now)
        }
        #expect(journal.records.count == count)
        #expect(await sessions.session(session.id, now: now) == session)
    }
}

extension Receipt {
    /// Waits for the outcome, whatever it is.
    fileprivate var unit: @Sendable () async throws -> Void {
        { _ = try await outcome }
    }
}
