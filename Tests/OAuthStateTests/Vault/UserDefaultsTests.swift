import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import Testing

@testable import OAuthState

@Suite("C-5: the choice of an account is durable, and users without one keep their older form")
struct UserDefaultsTests {
    private static let now = StoreSample.now

    private static func vault(_ journal: any ChangeJournal) async throws -> (TokenVault, UserID, [Connection]) {
        let vault = TokenVault(journal: journal)
        let owner = UserID(value: Bits128(1))
        _ = try await vault.resolveUser(StoreSample.login("alice"), candidate: owner, now: now).outcome
        for (number, account) in [(UInt64(1), "old"), (2, "new")] {
            _ = try await vault.store(
                StoreSample.draft(owner, account: account),
                candidate: ConnectionID(value: Bits128(number)),
                now: now
            ).outcome
        }
        return (vault, owner, await vault.connections(of: owner))
    }

    @Test("a choice is replayed from the journal")
    func replay() async throws {
        let journal = RecordingJournal()
        let (vault, owner, connections) = try await Self.vault(journal)
        #expect(!journal.records.contains { $0.first == RecordKind.putUserWithDefaults.rawValue })
        _ = try await vault.useByDefault(connections[1].id, of: owner).outcome
        let restored = TokenVault(journal: VolatileJournal())
        try await restored.restore(journal.records)
        let found = await restored.credential(for: owner, upstream: "github", preferred: [], account: nil)
        #expect(found?.account == "new")
        #expect(await restored.user(owner) == vault.user(owner))
    }

    @Test("a user as an older version wrote it has no defaults")
    func olderForm() throws {
        var writer = BinaryWriter(reserving: 64)
        writer.write(UserID(value: Bits128(1)))
        writer.write(String?.none) { $0.write($1) }
        writer.write(String?.none) { $0.write($1) }
        writer.write([ConnectionID(value: Bits128(2))]) { $0.write($1) }
        writer.write(Self.now)
        var reader = BinaryReader(writer.bytes)
        let user = try User(from: &reader)
        #expect(user.defaults.isEmpty && reader.isAtEnd)
        #expect(user.record.dropFirst() == writer.bytes[...] && user.record.first == RecordKind.putUser.rawValue)
    }
}
