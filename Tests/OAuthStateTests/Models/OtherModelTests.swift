import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// The smaller stores against naive models.
@Suite("ClientRegistry, ReplayGuard and SigningKeyRing: against models")
struct OtherModelTests {
    @Test("CR-10, FD-8: the registry is a list that drops its oldest unused client", arguments: UInt64(1)...6)
    func registry(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        var limits = StoreLimits()
        limits.dynamicClientsMax = 8
        let journal = RecordingJournal()
        let registry = ClientRegistry(preRegistered: [], journal: journal, limits: limits)
        var model: [(client: Client, isUsed: Bool)] = []
        for step in 0..<1500 {
            let now = StoreSample.now + .seconds(step * 1000)
            let id = "dcr_\(random.below(14))"
            let known = model.firstIndex { $0.client.id == id }
            switch random.below(10) {
            case 0..<5:
                // The registry keeps a known client's place, and its model its moment.
                let issuedAt = known.map { model[$0].client.issuedAt } ?? now
                let client = StoreSample.client(id, name: "version \(step)", issuedAt: issuedAt)
                var expected = ClientRegistration.registered
                if let known {
                    model[known].client = client
                } else if model.count < 8 {
                    model.append((client, false))
                } else if let victim = model.firstIndex(where: { !$0.isUsed }) {
                    model.remove(at: victim)
                    model.append((client, false))
                } else {
                    expected = .full
                }
                #expect(try await registry.replace(client).outcome == expected)
            case 5, 6:
                if let known {
                    model[known].isUsed = true
                }
                await registry.touch(id, now: now)
            case 7:
                if let known {
                    model.remove(at: known)
                }
                #expect(try await registry.remove(id).outcome == (known != nil))
            default:
                let expected = model.first { $0.client.id == id }?.client
                #expect(await registry.client(id) == expected)
            }
            #expect(await registry.count == model.count)
        }
        let restored = ClientRegistry(preRegistered: [], journal: VolatileJournal(), limits: limits)
        try await restored.restore(journal.records)
        #expect(try await restored.capture().rowSet() == (try await registry.capture().rowSet()))
        for entry in model {
            #expect(await restored.client(entry.client.id) == entry.client)
        }
    }

    @Test("D-40: the guard is a dictionary of expiries", arguments: UInt64(1)...6)
    func replays(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let journal = RecordingJournal()
        let replayGuard = ReplayGuard(journal: journal)
        var model: [Int: Timestamp] = [:]
        var now = StoreSample.now
        for _ in 0..<2000 {
            now = now + .seconds(random.below(40))
            let id = random.below(200)
            let expiry = now + .seconds(1 + random.below(600))
            let receipt = try await replayGuard.consume(
                StoreSample.digest("\(id)"),
                of: StoreSample.assertionOwner,
                expiry: expiry,
                now: now
            )
            let outcome = try await receipt.outcome
            if let known = model[id], now < known {
                #expect(outcome == .replayed)
            } else if model[id] == nil {
                #expect(outcome == .consumed)
            }
            if outcome == .consumed {
                model[id] = expiry
            }
            if random.chance(5) {
                await replayGuard.sweep(now: now, limit: random.below(50))
            }
            if random.chance(5) {
                await receipt.failAnswering()
                if outcome == .consumed { model[id] = nil }
            }
        }
        let restored = ReplayGuard(journal: VolatileJournal())
        try await restored.restore(journal.records)
        // What has expired is dropped without a record, in the turn of a minute.
        let later = Timestamp(secondsSinceEpoch: (now.secondsSinceEpoch / 60 + 1) * 60)
        for store in [restored, replayGuard] { await store.sweep(now: later, limit: .max) }
        #expect(try await restored.capture().rowSet() == (try await replayGuard.capture().rowSet()))
        for (id, expiry) in model where later < expiry {
            let again = try await restored.consume(
                StoreSample.digest("\(id)"),
                of: StoreSample.assertionOwner,
                expiry: expiry,
                now: now
            ).outcome
            #expect(again == .replayed)
        }
    }

    @Test("MD-9: the ring keeps one active key a purpose, whatever happens", arguments: UInt64(1)...4)
    func ring(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let journal = RecordingJournal()
        let ring = SigningKeyRing(journal: journal)
        var actives: [StoredSigningKey.Purpose: String] = [:]
        var nexts: [StoredSigningKey.Purpose: String] = [:]
        for step in 0..<60 {
            let now = StoreSample.now + .seconds(step * 60)
            let purpose: StoredSigningKey.Purpose = random.chance(70) ? .accessToken : .idToken
            switch random.below(4) {
            case 0:
                let key = try StoreSample.signingKey(.active, purpose: purpose, publishedAt: now)
                _ = try await ring.install(key, now: now).outcome
                actives[purpose] = key.key.keyID
            case 1, 2:
                let key = try StoreSample.signingKey(.next, purpose: purpose, publishedAt: now)
                let outcome = try await ring.rotate(successor: key, publishedBy: nil, now: now).outcome
                if let next = nexts[purpose] {
                    guard case .rotated(activeKeyID: next) = outcome else {
                        Issue.record("a rotation came to \(outcome)")
                        return
                    }
                    actives[purpose] = next
                }
                nexts[purpose] = key.key.keyID
            default:
                _ = try await ring.withdraw(retiredBefore: now - .seconds(300)).outcome
            }
            let keys = await ring.generation().signingKeys
            for purpose in [StoredSigningKey.Purpose.accessToken, .idToken] {
                let ofPurpose = keys.filter { $0.purpose == purpose }
                #expect(ofPurpose.filter { $0.state == .active }.map(\.key.keyID) == Array(actives[purpose]))
                #expect(ofPurpose.filter { $0.state == .next }.map(\.key.keyID) == Array(nexts[purpose]))
            }
            #expect(keys.allSatisfy { ($0.state == .retired) == ($0.retiredAt != nil) })
        }
        let restored = SigningKeyRing(journal: VolatileJournal())
        try await restored.restore(journal.records)
        #expect(try await restored.capture().rows() == (try await ring.capture().rows()))
    }
}

extension Array where Element == String {
    /// The element, if there is one.
    fileprivate init(_ element: String?) {
        self = element.map { [$0] } ?? []
    }
}
