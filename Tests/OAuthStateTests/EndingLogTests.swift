import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import Testing

/// RFC 8936: what a receiver has not read yet survives a crash, under the number that it had.
@Suite("Stores: the log of endings")
struct EndingLogTests {
    private let now = StoreSample.now

    private static func store(_ journal: any ChangeJournal, endingsMax: Int = 100) -> AuthorizationSessions {
        var limits = StoreLimits()
        limits.endingsMax = endingsMax
        return AuthorizationSessions(
            policy: SessionPolicy(),
            journal: journal,
            limits: limits,
            recordsEndings: true
        )
    }

    private func end(_ numbers: ClosedRange<UInt64>, in store: AuthorizationSessions) async throws {
        for number in numbers {
            let code = "\(number)"
            let grant = StoreSample.grant(number)
            _ = try await store.issueCode(StoreSample.digest(code), for: grant, now: now).outcome
            _ = try await store.redeem(StoreSample.redemption(code), now: now).outcome
            _ = try await store.revoke(SessionID(value: Bits128(number))).outcome
        }
    }

    @Test("a store that is rebuilt from its journal has the same endings, and goes on with the next number")
    func recovery() async throws {
        let journal = RecordingJournal()
        let store = Self.store(journal)
        await store.sweep(now: now, limit: 10)
        try await end(1...3, in: store)
        let before = try await store.endings(after: 1, limit: 10).outcome
        #expect(before.endings.map(\.sequence) == [2, 3])
        let restored = Self.store(VolatileJournal())
        try await restored.restore(journal.records)
        let after = try await restored.endings(after: 1, limit: 10).outcome
        #expect(after == before)
        try await end(4...4, in: restored)
        let next = try await restored.endings(after: 3, limit: 10).outcome
        #expect(next.endings.map(\.sequence) == [4])
    }

    @Test("a snapshot without endings keeps the last number: a later ending is not taken for one that was read")
    func emptyLog() async throws {
        let store = Self.store(VolatileJournal())
        await store.sweep(now: now, limit: 10)
        try await end(1...3, in: store)
        await store.sweep(now: now + .seconds(3661), limit: 10)
        let left = try await store.endings(after: 0, limit: 10).outcome
        #expect(left.endings.isEmpty && left.reached == 3 && left.loss == nil)
        let restored = Self.store(VolatileJournal())
        try await restored.restore(try await store.capture().rows())
        let last = await restored.lastEnding()
        #expect(last == 3)
    }

    @Test("at the bound the oldest is dropped, and readers that have not read it learn of the loss")
    func bound() async throws {
        let store = Self.store(VolatileJournal(), endingsMax: 2)
        await store.sweep(now: now, limit: 10)
        try await end(1...4, in: store)
        let late = try await store.endings(after: 1, limit: 10).outcome
        #expect(late.endings.map(\.sequence) == [3, 4])
        #expect(late.loss == EndingLoss(sequence: 2, endedAt: now))
        let current = try await store.endings(after: 2, limit: 10).outcome
        #expect(current.loss == nil && current.endings.count == 2)
        let restored = Self.store(VolatileJournal(), endingsMax: 2)
        try await restored.restore(try await store.capture().rows())
        let again = try await restored.endings(after: 1, limit: 10).outcome
        #expect(again == late)
    }
}
