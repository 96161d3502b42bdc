import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import PostgreSQLTesting
import Testing

@testable import PostgreSQLStore

@Suite("Two nodes: keys")
struct KeyFeedTests {
    private let now = StoreSample.now

    @Test("MD-9: a key that one node installs is in the other's feed after its next sweep, and announced once")
    func feed() async throws {
        let nodes = try await TwoNodes()
        let before = try await nodes.second.keys.generation()
        #expect(before.signingKeys.isEmpty)
        let generations = try await nodes.second.keys.generations()
        let key = try StoreSample.signingKey(.active)
        _ = try await nodes.first.keys.install(key, now: now).outcome
        for _ in 0..<3 { await nodes.second.upkeep.sweep(now: now, limit: 10) }
        _ = try await nodes.first.keys.addVaultKey([1, 2, 3], now: now).outcome
        var iterator = generations.makeAsyncIterator()
        let first = try #require(await iterator.next())
        #expect(first.number > before.number)
        #expect(first.signingKeys.map(\.key.keyID) == [key.key.keyID])
        #expect(first.vaultKeys.isEmpty)
        await nodes.second.upkeep.sweep(now: now, limit: 10)
        let second = try #require(await iterator.next())
        #expect(second.number > first.number)
        #expect(second.vaultKeys.map(\.secret) == [[1, 2, 3]])
    }

    @Test("a node that changes a key knows its generation before the change is answered")
    func ownChange() async throws {
        let nodes = try await TwoNodes()
        let generations = try await nodes.first.keys.generations()
        let key = try StoreSample.signingKey(.active)
        _ = try await nodes.first.keys.install(key, now: now).outcome
        var iterator = generations.makeAsyncIterator()
        let announced = try #require(await iterator.next())
        #expect(announced.signingKeys.map(\.key.keyID) == [key.key.keyID])
        #expect(try await nodes.first.keys.generation().number == announced.number)
    }

    @Test("nodes that start at once agree on the root secret")
    func rootSecret() async throws {
        let nodes = try await TwoNodes()
        async let first = nodes.first.keys.serverSecret(candidate: [1]).outcome
        async let second = nodes.second.keys.serverSecret(candidate: [2]).outcome
        let secrets = try await [first, second]
        #expect(secrets[0] == secrets[1])
        #expect(secrets[0] == [1] || secrets[0] == [2])
        #expect(try await nodes.first.keys.serverSecret(candidate: [3]).outcome == secrets[0])
    }

    @Test("VT-5: vault keys that are added at once have different numbers, and the newest one is never removed")
    func vaultKeys() async throws {
        let nodes = try await TwoNodes()
        let now = now
        let numbers = try await withThrowingTaskGroup(of: UInt32.self) { group in
            for number in UInt8(0)..<6 {
                let keys = number.isMultiple(of: 2) ? nodes.first.keys : nodes.second.keys
                group.addTask { try await keys.addVaultKey([number], now: now).outcome.number }
            }
            return try await group.reduce(into: [UInt32]()) { $0.append($1) }
        }
        #expect(numbers.sorted() == [1, 2, 3, 4, 5, 6])
        #expect(try await nodes.second.keys.removeVaultKeys(before: 100).outcome == 5)
        #expect(try await nodes.first.keys.generation().vaultKeys.map(\.number) == [6])
        #expect(try await nodes.first.keys.addVaultKey([9], now: now).outcome.number == 7)
    }

    @Test("MD-9: a rotation that is repeated because its outcome was unknown rotates once")
    func repeatedRotation() async throws {
        let nodes = try await TwoNodes()
        let (active, next) = (try StoreSample.signingKey(.active), try StoreSample.signingKey(.next))
        for key in [active, next] { _ = try await nodes.first.keys.install(key, now: now).outcome }
        let successor = try StoreSample.signingKey(.next)
        for keys in [nodes.first.keys, nodes.second.keys] {
            let outcome = try await keys.rotate(successor: successor, publishedBy: nil, now: now).outcome
            #expect(outcome == .rotated(activeKeyID: next.key.keyID))
        }
        let states = try await nodes.first.keys.generation().signingKeys.map(\.state)
        #expect(states == [.retired, .active, .next])
    }

    @Test("MD-9: a next key that was published too late does not sign")
    func tooEarly() async throws {
        let nodes = try await TwoNodes()
        let next = try StoreSample.signingKey(.next)
        _ = try await nodes.first.keys.install(next, now: now).outcome
        let outcome = try await nodes.second.keys.rotate(
            successor: try StoreSample.signingKey(.next),
            publishedBy: now - .seconds(1),
            now: now
        ).outcome
        #expect(outcome == .tooEarly(publishedAt: now))
        #expect(try await nodes.second.keys.generation().signingKeys.map(\.state) == [.next])
    }

    @Test("an adopted key signs, the others retire, and adopting it again changes nothing")
    func adoption() async throws {
        let nodes = try await TwoNodes()
        let generated = try StoreSample.signingKey(.active)
        _ = try await nodes.first.keys.install(generated, now: now).outcome
        var (file, spare) = (try StoreSample.signingKey(.active), try StoreSample.signingKey(.active))
        (file.origin, spare.origin) = (.file, .file)
        let later = now + .seconds(60)
        #expect(try await nodes.first.keys.adopt([file, spare], now: later).outcome)
        #expect(try await !nodes.second.keys.adopt([file, spare], now: later + .seconds(60)).outcome)
        let keys = try await nodes.second.keys.generation().signingKeys
        #expect(keys.map(\.state) == [.retired, .active, .next])
        #expect(keys.map(\.retiredAt) == [later, nil, nil])
        #expect(keys.map(\.activatedAt) == [now, later, spare.activatedAt])
        #expect(try await nodes.second.keys.adopt([spare], now: later).outcome)
        let swapped = try await nodes.first.keys.generation().signingKeys
        #expect(swapped.map(\.state) == [.retired, .retired, .active])
    }

    @Test("an operator withdraws a key that does not sign, and no other")
    func withdrawal() async throws {
        let nodes = try await TwoNodes()
        let (active, next) = (try StoreSample.signingKey(.active), try StoreSample.signingKey(.next))
        for key in [active, next] { _ = try await nodes.first.keys.install(key, now: now).outcome }
        let keys = try #require(nodes.second.administration?.keys)
        #expect(try await keys.withdraw(active.key.keyID).outcome == .signs)
        #expect(try await keys.withdraw("none").outcome == .unknown)
        #expect(try await keys.withdraw("\u{0}").outcome == .unknown)
        #expect(try await keys.withdraw(next.key.keyID).outcome == .withdrawn)
        #expect(try await keys.withdraw(next.key.keyID).outcome == .unknown)
        #expect(try await nodes.first.keys.generation().signingKeys.map(\.key.keyID) == [active.key.keyID])
    }
}
