import AuthorizationServerTesting
import DurableLog
import Logging
import OAuthProtocol
import OAuthState
import Testing

/// What ends every session of a user is killed in the middle: what was answered holds, and the same again ends the
/// rest.
@Suite("All sessions of a user end, also through a crash", .timeLimit(.minutes(10)))
struct EndAllCrashTests {
    private static let user = StoreSample.user(1)

    private static func session(_ number: UInt64) -> Session {
        let expiry = StoreSample.now + .seconds(86_400)
        return Session(
            id: SessionID(value: Bits128(number)),
            userID: user,
            clientID: "client-\(number)",
            scopes: ScopeSet(["mcp:read"]),
            resource: StoreSample.resource,
            connections: [],
            authenticatedAt: nil,
            absoluteExpiry: expiry,
            idleExpiry: expiry,
            generation: 0,
            rotatedAt: StoreSample.now
        )
    }

    /// A life of the store on a disk; what the disk refuses ends it.
    private static func live<Value>(
        on disk: ScriptedFileSystem,
        _ body: (AuthorizationSessions) async throws -> Value
    ) async throws -> Value {
        let directory = try DurableStore.open(
            directory: "/state",
            key: .configured(try StorageKey(bytes: Array(1...32))),
            fileSystem: disk,
            options: StorageOptions(
                journal: JournalOptions(retryDelay: .microseconds(10), retryDelayMax: .milliseconds(1))
            ),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let result: Result<Value, any Error>
        do {
            let storage = try await MemoryStorage(StoreSettings(), directory: directory, journal: directory.journal)
            result = .success(try await body(storage.memory.sessions))
        } catch {
            result = .failure(error)
        }
        // A disk that stopped refuses this, too.
        try? await directory.close()
        return try result.get()
    }

    private static func filled(_ count: UInt64) async throws -> ScriptedFileSystem {
        let disk = ScriptedFileSystem()
        try await live(on: disk) { sessions in
            for number in 1...count {
                let receipt = try await sessions.start(session(number), now: StoreSample.now)
                // Waiting for the last one is waiting for all.
                if number == count { #expect(try await receipt.outcome == .admitted) }
            }
        }
        return disk
    }

    private static func endAll(_ sessions: AuthorizationSessions, _ count: UInt64) async throws -> Int {
        let ids = Set((1...count).map { SessionID(value: Bits128($0)) })
        return try await sessions.end(SessionEnding(sessions: ids)).outcome
    }

    private static func left(on disk: ScriptedFileSystem) async throws -> Int {
        try await live(on: disk) { await $0.sessions(of: user, now: StoreSample.now).count }
    }

    @Test("ten thousand at once, and none returns with a restart")
    func tenThousand() async throws {
        let disk = try await Self.filled(10_000)
        let ended = try await Self.live(on: disk) { try await Self.endAll($0, 10_000) }
        #expect(ended == 10_000)
        #expect(try await Self.left(on: disk.image(.killed)) == 0)
    }

    @Test("killed within any write: an answer holds, no session returns, and the same command ends the rest")
    func killed() async throws {
        let count: UInt64 = 1000
        let disk = try await Self.filled(count)
        let start = try await Self.left(on: disk.image(.killed))
        #expect(start == Int(count))
        let whole = disk.image(.killed)
        var openedCount = 0
        let ended = try await Self.live(on: whole) { sessions in
            openedCount = whole.operations.count
            return try await Self.endAll(sessions, count)
        }
        #expect(ended == start)
        let writes = whole.operations.dropFirst(openedCount).filter { $0.kind == .write }.prefix(2)
        #expect(!writes.isEmpty)
        for operation in writes {
            for byteCount in [1000, 20_000] {
                let copy = disk.image(.killed)
                copy.setScript(ScriptedFileSystem.stop(at: operation.number, afterBytes: byteCount))
                // The answer, if there was one before the end.
                let answer = try? await Self.live(on: copy) { try await Self.endAll($0, count) }
                let after = copy.image(.killed)
                let rest = try await Self.left(on: after)
                if answer != nil { #expect(rest == 0) }
                let again = try await Self.live(on: after) { try await Self.endAll($0, count) }
                #expect(again == rest)
                #expect(try await Self.left(on: after) == 0)
            }
        }
    }
}
