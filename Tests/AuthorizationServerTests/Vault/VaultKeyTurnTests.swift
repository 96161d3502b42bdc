import AuthorizationServerTesting
import DurableLog
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Synchronization
import Testing

@testable import AuthorizationServer

/// A rotation of the vault's key goes through all connections in turns, each from where the last one ended.
@Suite("VT-5: sealing anew, turn by turn")
struct VaultKeyTurnTests {
    private let clock = ManualClock()
    private let vault = TokenVault(journal: VolatileJournal())
    private let ring = SigningKeyRing(journal: VolatileJournal())
    private let keys: VaultKeys
    private let sealing: TokenSealing
    private let errorCount = ErrorCount()
    private let rotation: VaultKeyRotation

    private final class ErrorCount: Sendable {
        let value = Mutex(0)
    }

    private struct Handler: LogHandler {
        let count: ErrorCount
        var logLevel = Logger.Level.error
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            count.value.withLock { $0 += 1 }
        }
    }

    init() throws {
        keys = try VaultKeys(rootSecret: [UInt8](repeating: 1, count: 32))
        sealing = TokenSealing(keys: keys, random: SystemRandomSource())
        let count = errorCount
        rotation = VaultKeyRotation(
            secrets: ring,
            keys: keys,
            sealing: sealing,
            vault: vault,
            random: SystemRandomSource(),
            logger: Logger(label: "test") { _ in Handler(count: count) }
        )
    }

    private func connect(_ number: Int, opens: Bool = true) async throws {
        let user = UserID(value: Bits128(UInt64(number)))
        _ = try await vault.resolveUser(StoreSample.login("\(number)"), candidate: user, now: clock.now())
        let place = TokenSealing.Place(userID: user, upstream: "github", account: "\(number)")
        let tokens = try sealing.seal(UpstreamTokens(accessToken: "gho_\(number)"), at: place)
        let draft = StoreSample.draft(
            user,
            account: "\(number)",
            tokens: opens ? tokens : StoreSample.tokens("what no key opens")
        )
        _ = try await vault.store(draft, candidate: ConnectionID(value: Bits128(UInt64(number))), now: clock.now())
    }

    private func staleCount() async -> Int {
        await vault.connections(after: nil, limit: .max).count { !sealing.isCurrent($0.tokens) }
    }

    @Test("everything is sealed anew, a bounded part in each turn, and what does not open is reported once")
    func turns() async throws {
        for number in 0..<3000 { try await connect(number, opens: number != 7) }
        _ = try await rotation.rotate(now: clock.now())
        var stale = [await staleCount()]
        #expect(stale == [3000])
        for _ in 0..<5 {
            await rotation.performDue(now: clock.now())
            stale.append(await staleCount())
        }
        for (before, after) in zip(stale, stale.dropFirst()) {
            #expect(before - after <= 2 * VaultKeyRotation.countMax)
        }
        #expect(stale.last == 1)
        #expect(errorCount.value.withLock { $0 } == 1)
    }

    @Test("an older key is erased only after a pass that began once nothing could be sealed with it any longer")
    func erasure() async throws {
        for number in 0..<10 { try await connect(number) }
        for _ in 0..<2 { _ = try await rotation.rotate(now: clock.now()) }
        for _ in 0..<3 { await rotation.performDue(now: clock.now()) }
        #expect(await ring.generation().vaultKeys.map(\.number) == [1, 2])
        clock.advance(by: .seconds(601))
        await rotation.performDue(now: clock.now())
        #expect(await ring.generation().vaultKeys.map(\.number) == [2])
        #expect(await staleCount() == 0)
    }
}
