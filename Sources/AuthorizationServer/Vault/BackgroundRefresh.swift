import Logging
import OAuthProtocol
import OAuthState
import Synchronization
import UpstreamIdentity

/// Keeps connections in use fresh without a request, at the upstreams that are configured so.
///
/// Refreshes go through ``UpstreamRefreshes``: one at a time for each connection, under the provider's breaker.
final class BackgroundRefresh: Sendable {
    private let vault: any UpstreamRefreshStore
    private let upstreams: UpstreamDirectory
    private let names: Set<String>
    private let refreshes: UpstreamRefreshes
    private let countMax: Int
    private let logger: Logger
    private let lastTurn = Mutex<Timestamp?>(nil)
    private let turns: SerialTurns

    /// How often it checks what is due; every token is due at least a minute before it expires.
    static let interval: Duration = .seconds(30)
    /// A connection whose token was not retrieved during this time is not in use.
    static let idleTime: Duration = .seconds(7 * 86_400)
    /// The most refreshes of one turn at one upstream.
    static let usualCountMax = 1024
    /// The most simultaneous refreshes.
    static let concurrencyMax = 16

    init(
        vault: any UpstreamRefreshStore,
        upstreams: UpstreamDirectory,
        names: Set<String>,
        refreshes: UpstreamRefreshes,
        countMax: Int = usualCountMax,
        work: BackgroundWork,
        logger: Logger
    ) {
        self.vault = vault
        self.upstreams = upstreams
        self.names = names
        self.refreshes = refreshes
        self.countMax = countMax
        turns = SerialTurns(work: work)
        self.logger = logger
    }

    /// Starts a turn beside everything else, because a slow provider must not delay snapshots and keys.
    func start(now: Timestamp) {
        guard !names.isEmpty else { return }
        turns.startIfIdle { await self.turn(now: now) }
    }

    /// Begins no more refreshes; those in progress go on, because their answers hold the only good refresh tokens.
    func stop() {
        turns.stop()
    }

    /// Refreshes what is due now, if the last turn was long enough ago.
    func performDue(now: Timestamp) async {
        guard !names.isEmpty else { return }
        await turns.run { await self.turn(now: now) }
    }

    private func turn(now: Timestamp) async {
        guard isTurn(now) else { return }
        // While the store fails, nothing is due; the next turn asks again.
        guard let due = try? await due(now: now) else { return }
        await withTaskGroup(of: Void.self) { group in
            var underWay = 0
            for connection in due {
                guard !Task.isCancelled, let provider = upstreams[connection.upstream] else { continue }
                if underWay == Self.concurrencyMax {
                    await group.next()
                } else {
                    underWay += 1
                }
                group.addTask { await self.refresh(connection, provider, now) }
            }
        }
    }

    // Bounded for each upstream: one that is unavailable keeps its connections due, and they must not take the turn of
    // others.
    func due(now: Timestamp) async throws(StoreError) -> [Connection] {
        var due: [Connection] = []
        for name in names {
            var count = 0
            var isComplete = false
            while count < countMax, !isComplete {
                let found = try await vault.takeDueRefreshes(
                    at: name,
                    usedSince: now - Self.idleTime,
                    now: now,
                    limit: countMax - count
                )
                due += found.connections
                count += found.connections.count
                isComplete = found.isComplete
            }
        }
        return due
    }

    private func isTurn(_ now: Timestamp) -> Bool {
        lastTurn.withLock { last in
            if let last, now - last < Self.interval, now >= last { return false }
            last = now
            return true
        }
    }

    private func refresh(_ connection: Connection, _ provider: UpstreamProvider, _ now: Timestamp) async {
        do {
            _ = try await refreshes.refresh(connection, provider: provider, context: nil)
        } catch {
            // Counted and marked where it happened; the next turn, or the next retrieval, tries again.
            logger.debug("a background refresh failed", metadata: ["upstream": "\(connection.upstream)"])
        }
    }
}
