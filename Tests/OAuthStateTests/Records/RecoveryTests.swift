import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// Every store can be rebuilt from its records: those of a snapshot, those of the journal, and both on top of each
/// other.
@Suite("Stores: recovery")
struct RecoveryTests {
    @Test("every kind of record belongs to exactly one store")
    func kinds() {
        let owned = SampleStore.all.map(\.recordKinds)
        #expect(owned.reduce(into: Set()) { $0.formUnion($1) } == Set(RecordKind.allCases))
        #expect(owned.reduce(0) { $0 + $1.count } == RecordKind.allCases.count)
    }

    @Test("a snapshot's rows make an equal store", arguments: SampleStore.all)
    func snapshot(sample: SampleStore) async throws {
        let rows = try await sample.filled().capture().rows()
        #expect(rows.count >= 4)
        let restored = sample.empty(VolatileJournal())
        try await restored.restore(rows)
        #expect(try await restored.capture().rowSet() == Set(rows))
    }

    @Test("the journal's records make an equal store", arguments: SampleStore.all)
    func journal(sample: SampleStore) async throws {
        let journal = RecordingJournal()
        let live = try await sample.filled(journal)
        let restored = sample.empty(VolatileJournal())
        try await restored.restore(journal.records)
        #expect(try await restored.capture().rowSet() == (try await live.capture().rowSet()))
    }

    @Test("ST-6: a snapshot and the whole journal after it make an equal store", arguments: SampleStore.all)
    func overlap(sample: SampleStore) async throws {
        let journal = RecordingJournal()
        let live = try await sample.filled(journal)
        let rows = try await live.capture().rows()
        let restored = sample.empty(VolatileJournal())
        // The capture came after every record, and recovery replays them all the same: a client that is touched in the
        // journal may be gone in the snapshot.
        try await restored.restore(rows)
        try await restored.restore(journal.records)
        #expect(try await restored.capture().rowSet() == Set(rows))
    }

    @Test("records of things that are not there change nothing", arguments: SampleStore.all)
    func recordsOfNothing(sample: SampleStore) async throws {
        let journal = RecordingJournal()
        _ = try await sample.filled(journal)
        let restored = sample.empty(VolatileJournal())
        let isPut = { (record: [UInt8]) in
            let kind = record.first.flatMap(RecordKind.init)
            return kind.map { "\($0)".hasPrefix("put") || "\($0)".hasPrefix("consume") } ?? false
        }
        try await restored.restore(journal.records.filter { !isPut($0) })
        #expect(try await restored.capture().rows().isEmpty)
    }

    @Test("a recovered store journals nothing of what it recovers", arguments: SampleStore.all)
    func recoveryIsSilent(sample: SampleStore) async throws {
        let rows = try await sample.filled().capture().rows()
        let journal = RecordingJournal()
        try await sample.empty(journal).restore(rows)
        #expect(journal.records.isEmpty)
    }

    @Test("a capture holds the position of the last change and does not follow later ones", arguments: SampleStore.all)
    func captures(sample: SampleStore) async throws {
        let journal = RecordingJournal()
        let store = try await sample.filled(journal)
        let captured = await store.capture()
        #expect(captured.position == journal.lastPosition)
        let rows = try captured.rowSet()
        let other = try await sample.filled()
        try await store.restore(try await other.capture().rows())
        try await store.restore(journal.records)
        #expect(try captured.rowSet() == rows)
    }

    @Test("a record of another store is refused", arguments: SampleStore.all)
    func foreignRecords(sample: SampleStore) async throws {
        for other in SampleStore.all where other.recordKinds != sample.recordKinds {
            for row in try await other.filled().capture().rows() {
                await #expect(throws: RecordError.self) {
                    try await sample.empty(VolatileJournal()).restore([row])
                }
            }
        }
    }

    /// Records as recovery gives them to a store: several in each batch's bytes, several batches at once.
    private static func batches(_ records: [[UInt8]], of count: Int) -> [RecordBatch] {
        stride(from: 0, to: records.count, by: count).map { start in
            var bytes: [UInt8] = [0xEE]
            var ranges: [Range<Int>] = []
            for record in records[start..<min(start + count, records.count)] {
                ranges.append(bytes.count..<(bytes.count + record.count))
                bytes += record + [0xEE]
            }
            return RecordBatch(bytes: bytes, records: ranges)
        }
    }

    @Test(
        "records that are read together make an equal store, however they are put together",
        arguments: SampleStore.all
    )
    func readTogether(sample: SampleStore) async throws {
        let journal = RecordingJournal()
        let live = try await sample.filled(journal)
        let rows = try await live.capture().rows()
        for count in [1, 2, 7, 1000] {
            let restored = sample.empty(VolatileJournal())
            try await restored.changes(in: Self.batches(journal.records, of: count))()
            #expect(try await restored.capture().rowSet() == Set(rows))
            try await restored.changes(in: Self.batches(rows + journal.records, of: count))()
            #expect(try await restored.capture().rowSet() == Set(rows))
        }
    }

    @Test("ST-6: of many changes of many rows, read together, the last of each row holds")
    func lastChangeHolds() async throws {
        let journal = RecordingJournal()
        let live = AuthorizationSessions(policy: SessionPolicy(), journal: journal)
        for number in UInt64(1)...200 {
            let code = "\(number)"
            _ = await live.issueCode(StoreSample.digest(code), for: StoreSample.grant(number), now: StoreSample.now)
            _ = try await live.redeem(StoreSample.redemption(code), now: StoreSample.now)
        }
        for generation in UInt32(1)...5 {
            for number in UInt64(1)...200 where number % 7 >= UInt64(generation) {
                let now = StoreSample.now + .seconds(Int(generation))
                _ = try await live.rotate(StoreSample.use(number, generation: generation), now: now)
            }
        }
        for number in UInt64(1)...200 where number.isMultiple(of: 9) {
            _ = try await live.revoke(SessionID(value: Bits128(number)))
        }
        let restored = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
        try await restored.changes(in: Self.batches(journal.records, of: 64))()
        #expect(try await restored.capture().rowSet() == (try await live.capture().rowSet()))
        #expect(await restored.counts.sessions == 178)
    }

    @Test(
        "of records read together, one that is cut off, too long or another store's refuses all",
        arguments: SampleStore.all
    )
    func oneBadRecord(sample: SampleStore) async throws {
        let rows = try await sample.filled().capture().rows()
        let longest = try #require(rows.max { $0.count < $1.count })
        for bad in [Array(longest.dropLast()), longest + [0], [0xFF], []] {
            let restored = sample.empty(VolatileJournal())
            #expect(throws: RecordError.self) {
                try restored.changes(in: Self.batches(rows + [bad] + rows, of: 3))
            }
            #expect(try await restored.capture().rows().isEmpty)
        }
    }

    @Test("CR-10: after recovery, still the oldest unused client is evicted first")
    func evictionOrderSurvives() async throws {
        var limits = StoreLimits()
        limits.dynamicClientsMax = 20
        let live = ClientRegistry(preRegistered: [], journal: VolatileJournal(), limits: limits)
        for number in 1...20 {
            let issuedAt = StoreSample.now + .seconds(number)
            _ = try await live.register(StoreSample.client("dcr_\(number)", issuedAt: issuedAt))
        }
        let restored = ClientRegistry(preRegistered: [], journal: VolatileJournal(), limits: limits)
        try await restored.restore(try await live.capture().rows())
        for number in 21...25 {
            _ = try await restored.register(StoreSample.client("dcr_\(number)")).outcome
            #expect(await restored.client("dcr_\(number - 20)") == nil)
        }
        #expect(await restored.client("dcr_6") != nil)
        #expect(await restored.count == 20)
    }

    @Test("ST-7: codes and logins under way never come back")
    func shortLivedStateIsNotKept() async throws {
        let live = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
        _ = await live.issueCode(StoreSample.digest("code"), for: StoreSample.grant(), now: StoreSample.now)
        _ = await live.begin(StoreSample.pending(), state: StoreSample.digest("state"), now: StoreSample.now)
        #expect(try await live.capture().rows().isEmpty)
    }

    @Test("FD-1: after a crash the same refresh yields the same generation")
    func refreshAfterRecovery() async throws {
        let journal = RecordingJournal()
        let live = AuthorizationSessions(policy: SessionPolicy(), journal: journal)
        _ = await live.issueCode(StoreSample.digest("code"), for: StoreSample.grant(), now: StoreSample.now)
        _ = try await live.redeem(StoreSample.redemption("code"), now: StoreSample.now)
        let rotated = try await live.rotate(StoreSample.use(generation: 1), now: StoreSample.now).outcome
        let restored = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
        try await restored.restore(journal.records)
        let repeated = try await restored.rotate(StoreSample.use(generation: 1), now: StoreSample.now).outcome
        guard case .rotated(let before) = rotated, case .repeated(let after) = repeated else {
            Issue.record("came to \(rotated) and \(repeated)")
            return
        }
        #expect(before == after)
    }

    @Test("CVE-2026-9802: a revoked session stays revoked after recovery, a consumed id consumed")
    func revocationSurvives() async throws {
        let journal = RecordingJournal()
        let live = AuthorizationSessions(policy: SessionPolicy(), journal: journal)
        _ = await live.issueCode(StoreSample.digest("code"), for: StoreSample.grant(), now: StoreSample.now)
        _ = try await live.redeem(StoreSample.redemption("code"), now: StoreSample.now)
        _ = try await live.revoke(SessionID(value: 1))
        let restored = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
        try await restored.restore(journal.records)
        #expect(try await restored.rotate(StoreSample.use(generation: 1), now: StoreSample.now).outcome == .unknown)

        let replays = RecordingJournal()
        let expiry = StoreSample.now + .seconds(600)
        _ = try await ReplayGuard(journal: replays).consume(
            StoreSample.digest("jti"),
            of: StoreSample.assertionOwner,
            expiry: expiry,
            now: StoreSample.now
        )
        let after = ReplayGuard(journal: VolatileJournal())
        try await after.restore(replays.records)
        let again = try await after.consume(
            StoreSample.digest("jti"),
            of: StoreSample.assertionOwner,
            expiry: expiry,
            now: StoreSample.now
        ).outcome
        #expect(again == .replayed)
    }
}
