import DurableLog
import Logging
import OAuthProtocol
import OAuthState
import Synchronization

/// What a server does by itself: drops what has expired, rotates keys, writes snapshots.
final class Maintenance: Sendable {
    private let stores: ServerStores
    private let storage: DurableStore?
    private let snapshotInterval: Duration
    private let rotation: SigningKeyRotation
    private let timeSource: any TimeSource
    private let logger: Logger
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let lastSnapshot: Mutex<Timestamp>

    /// How often it looks what is due.
    private static let interval: Duration = .seconds(1)
    /// Most sessions looked at in one turn of their actor: some milliseconds at the most.
    private static let sweepCountMax = 4096

    init(
        stores: ServerStores,
        storage: DurableStore?,
        snapshotInterval: Duration,
        rotation: SigningKeyRotation,
        timeSource: any TimeSource,
        logger: Logger
    ) {
        self.stores = stores
        self.storage = storage
        self.snapshotInterval = snapshotInterval
        self.rotation = rotation
        self.timeSource = timeSource
        self.logger = logger
        lastSnapshot = Mutex(timeSource.now())
    }

    func start() {
        // Lives as long as the server and is cancelled by `stop`; on the global pool, for it must not take a loop's time.
        let running = Task { [weak self] in
            while !Task.isCancelled {
                guard let self else { return }
                await self.performDue()
                do { try await Task.sleep(for: Self.interval) } catch { return }
            }
        }
        task.withLock { $0 = running }
    }

    func stop() async {
        let running = task.withLock { task in
            defer { task = nil }
            return task
        }
        running?.cancel()
        await running?.value
    }

    /// Does everything that is due now.
    func performDue() async {
        let now = timeSource.now()
        await stores.sessions.sweep(now: now, limit: Self.sweepCountMax)
        await stores.replay.sweep(now: now, limit: Self.sweepCountMax)
        do {
            try await rotation.performDue(now: now)
        } catch {
            logger.error("signing keys were not rotated", metadata: ["error": "\(error)"])
        }
        await writeSnapshotIfDue(now: now)
    }

    private func writeSnapshotIfDue(now: Timestamp) async {
        guard let storage else { return }
        let isDue = lastSnapshot.withLock { last in
            guard now - last >= snapshotInterval else { return false }
            last = now
            return true
        }
        guard isDue else { return }
        do {
            try await stores.writeSnapshot(to: storage, now: now)
        } catch {
            logger.error("a snapshot was not written; the journal goes on", metadata: ["error": "\(error)"])
        }
    }
}
