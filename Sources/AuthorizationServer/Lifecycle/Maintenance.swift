import Logging
import OAuthProtocol
import OAuthState
import SocketHTTP
import Synchronization

/// The server's periodic work: drops expired entries, rotates keys, writes snapshots.
final class Maintenance: Sendable {
    private let storage: any StateStorage
    private let snapshotRequests: SnapshotRequests
    private let snapshotInterval: Duration
    private let keys: ServerKeys
    private let duties: ProviderDuties
    private let timeSource: any TimeSource
    private let logger: Logger
    private let nextSnapshot: Mutex<Timestamp>
    private let earliestRepair: Mutex<Timestamp>

    private enum State: Sendable {
        case stopped
        case waiting
        case working(Task<Void, Never>)
    }

    private let state = Mutex(State.stopped)

    /// How often it checks what is due.
    private static let interval: Duration = .seconds(1)
    /// After how long a snapshot that failed is tried again while the journal waits for it.
    private static let repairInterval: Duration = .seconds(5)
    /// After how long a snapshot that failed is tried again.
    private static let retryInterval: Duration = .seconds(60)
    /// The most sessions examined in one turn of their actor: at most some milliseconds.
    private static let sweepCountMax = 4096

    init(
        storage: any StateStorage,
        snapshots: SnapshotSchedule,
        keys: ServerKeys,
        duties: ProviderDuties,
        timeSource: any TimeSource,
        logger: Logger
    ) {
        self.storage = storage
        snapshotRequests = snapshots.requests
        snapshotInterval = snapshots.interval
        self.keys = keys
        self.duties = duties
        self.timeSource = timeSource
        self.logger = logger
        let now = timeSource.now()
        earliestRepair = Mutex(now)
        // What the start found damaged stays so until a new snapshot says everything: it is due at once.
        nextSnapshot = Mutex(storage.requiresSnapshot ? now : now + snapshotInterval)
    }

    /// Checks each second what is due, by the timer of an event loop; the work itself runs on the global pool.
    func start(on loop: EventLoop) {
        state.withLock { $0 = .waiting }
        scheduleNext(on: loop)
    }

    private func scheduleNext(on loop: EventLoop) {
        loop.schedule(after: Self.interval) { [weak self] in
            self?.tick(on: loop)
        }
    }

    private func tick(on loop: EventLoop) {
        let begins = state.withLock { state in
            guard case .waiting = state else { return false }
            let task = duties.work.start(.finishes) { [self] in
                await performOwnDuties()
                finishTick(on: loop)
            }
            guard let task else { return false }
            state = .working(task)
            return true
        }
        guard begins else { return }
        duties.refresh.start(now: timeSource.now())
        duties.others.start(now: timeSource.now())
    }

    private func finishTick(on loop: EventLoop) {
        let goesOn = state.withLock { state in
            guard case .working = state else { return false }
            state = .waiting
            return true
        }
        if goesOn {
            scheduleNext(on: loop)
        }
    }

    /// Begins no more; returns when its own duties, which only the disk can delay, have ended.
    ///
    /// What it began at providers is settled with all background work.
    func stop() async {
        let running = state.withLock { state -> Task<Void, Never>? in
            defer { state = .stopped }
            guard case .working(let task) = state else { return nil }
            return task
        }
        duties.refresh.stop()
        duties.others.stop()
        await running?.value
        snapshotRequests.close()
    }

    /// Puts on record what was left undone, once all background work has ended.
    func abandon() {
        duties.others.abandon(now: timeSource.now())
    }

    /// Does everything that is due now.
    func performDue() async {
        await performOwnDuties()
        await keys.idTokens.settled()
        await duties.refresh.performDue(now: timeSource.now())
        await duties.others.performDue(now: timeSource.now())
    }

    private func performOwnDuties() async {
        let now = timeSource.now()
        await storage.stores.upkeep.sweep(now: now, limit: Self.sweepCountMax)
        do {
            try await keys.rotation.performDue(now: now)
        } catch {
            logger.error("signing keys were not rotated", metadata: ["error": "\(error)"])
        }
        keys.idTokens.prepare(now: now)
        keys.follower.follow()
        await writeSnapshotIfDue(now: now)
    }

    private func writeSnapshotIfDue(now: Timestamp) async {
        // Nothing can be acknowledged before this snapshot is written: it does not wait for its time.
        let isRequired = storage.awaitsSnapshot
        let mayRepair = isRequired && earliestRepair.withLock { now >= $0 }
        let isDue = nextSnapshot.withLock { next in
            guard now >= next || mayRepair || snapshotRequests.arePending else { return false }
            next = now + snapshotInterval
            return true
        }
        guard isDue else { return }
        let waiters = snapshotRequests.take()
        var isWritten = false
        defer { for waiter in waiters { waiter.resume(returning: isWritten) } }
        do {
            try await storage.writeSnapshot(now: now)
            isWritten = true
        } catch {
            nextSnapshot.withLock { $0 = now + min(snapshotInterval, Self.retryInterval) }
            earliestRepair.withLock { $0 = now + Self.repairInterval }
            logger.error("a snapshot was not written; the journal continues", metadata: ["error": "\(error)"])
        }
    }
}
