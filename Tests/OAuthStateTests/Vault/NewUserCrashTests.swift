import AuthorizationServerTesting
import DurableLog
import Logging
import OAuthProtocol
import OAuthState
import Testing

/// No login finds a user without an identity, and no operator removes one: it would count against the bound for ever.
@Suite("D-63: a new user and its identity are stored together or not at all", .timeLimit(.minutes(10)))
struct NewUserCrashTests {
    private static let names = ["alice", "bob"]

    private static func open(_ disk: ScriptedFileSystem) throws -> DurableStore {
        try DurableStore.open(
            directory: "/state",
            key: .configured(try StorageKey(bytes: Array(1...32))),
            fileSystem: disk,
            options: StorageOptions(
                journal: JournalOptions(
                    segmentByteCount: 1 << 12,
                    retryDelay: .microseconds(10),
                    retryDelayMax: .milliseconds(1)
                )
            ),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private static func logIn(at vault: TokenVault) async throws {
        for (number, name) in names.enumerated() {
            _ = try await vault.resolveUser(
                StoreSample.login(name),
                candidate: UserID(value: Bits128(UInt64(number + 1))),
                now: StoreSample.now
            ).outcome
        }
    }

    /// One life of a server in which everyone logs in, as far as the disk works.
    private static func live(on disk: ScriptedFileSystem) async {
        // What the disk refuses is the point: the next life finds what it left.
        guard let directory = try? open(disk) else { return }
        do {
            let settings = StoreSettings()
            let storage = try await MemoryStorage(settings, directory: directory, journal: directory.journal)
            try await logIn(at: storage.memory.vault)
        } catch {}
        // As above.
        try? await directory.close()
    }

    private static func countWithoutIdentity(_ vault: TokenVault) async -> Int {
        var found = 0
        for name in names where await vault.userID(of: StoreSample.login(name).identity) != nil { found += 1 }
        return await vault.counts.users - found
    }

    @Test("every beginning of the journal has both or neither")
    func beginnings() async throws {
        let journal = RecordingJournal()
        try await Self.logIn(at: TokenVault(journal: journal))
        for count in 0...journal.records.count {
            let restored = TokenVault(journal: VolatileJournal())
            try await restored.restore(Array(journal.records.prefix(count)))
            #expect(await Self.countWithoutIdentity(restored) == 0, "\(count) records")
        }
    }

    @Test("a crash at any operation of the disk, and within any write, leaves both or neither")
    func crashes() async throws {
        let whole = ScriptedFileSystem()
        await Self.live(on: whole)
        let ends: [ScriptedFileSystem.Crash] = [.killed, .powerLost(seed: 1), .powerLost(seed: 3)]
        for operation in whole.operations {
            let counts = operation.kind == .write ? Array(stride(from: 0, through: 480, by: 16)) : [0]
            for count in counts {
                let disk = ScriptedFileSystem(
                    script: ScriptedFileSystem.stop(at: operation.number, afterBytes: count)
                )
                await Self.live(on: disk)
                for end in ends {
                    let directory = try Self.open(disk.image(end))
                    let settings = StoreSettings()
                    let storage = try await MemoryStorage(settings, directory: directory, journal: directory.journal)
                    let left = await Self.countWithoutIdentity(storage.memory.vault)
                    #expect(left == 0, "\(end) at operation \(operation.number) after \(count) bytes")
                    try await directory.close()
                }
            }
        }
    }
}
