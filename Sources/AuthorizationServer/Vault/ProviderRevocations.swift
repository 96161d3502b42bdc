import Logging
import OAuthProtocol
import OAuthState
import Synchronization

/// Revokes at providers what was erased here without a waiting user, and records the result (RV-2).
///
/// No request waits for it, because our own revocation holds whatever the provider does. A failing provider is asked
/// again a few times; then the trail records that its tokens may still be valid there.
package final class ProviderRevocations: Sendable {
    private struct Item: Sendable {
        let connection: Connection
        let cause: String
        var attempts = 0
        var due: Timestamp
    }

    private let ending: ConnectionEnding
    private let metrics: ServerMetrics
    private let audit: AuditTrail
    private let items = Mutex<[Item]>([])

    /// The most connections that wait; when another one is added, the oldest is reported as failed.
    static let countMax = 10_000
    /// How often a provider is asked.
    static let attemptsMax = 5
    /// How long after the first failure it is asked again; each time twice as long.
    static let retryInterval: Duration = .seconds(30)
    /// The most simultaneous revocations.
    static let concurrencyMax = 8

    init(ending: ConnectionEnding, metrics: ServerMetrics, audit: AuditTrail) {
        self.ending = ending
        self.metrics = metrics
        self.audit = audit
    }

    /// Enqueues a connection that has been durably erased.
    func add(_ connection: Connection, cause: String, now: Timestamp) {
        // At the bound the oldest is dropped: it has waited longest for a provider that does not answer.
        let surplus = items.withLock { items in
            let surplus = items.count >= Self.countMax ? items.removeFirst() : nil
            items.append(Item(connection: connection, cause: cause, due: now))
            return surplus
        }
        if let surplus { report(surplus, .failed, now: now) }
    }

    /// How many wait, for metrics.
    var count: Int { items.withLock { $0.count } }

    /// Sends the revocations that are due.
    func performDue(now: Timestamp) async {
        let due = items.withLock { items -> [Item] in
            let due = items.filter { $0.due <= now }
            items.removeAll { $0.due <= now }
            return due
        }
        guard !due.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            for (index, item) in due.enumerated() {
                if index >= Self.concurrencyMax { await group.next() }
                // At a shutdown the rest is put back, to be reported as unknown: it may take hours.
                guard !Task.isCancelled else {
                    items.withLock { $0.insert(contentsOf: due[index...], at: 0) }
                    break
                }
                // Each leaves a line in the trail, and no request waits for its place.
                await audit.waitForRoom()
                group.addTask { await self.perform(item, now: now) }
            }
        }
    }

    /// Reports the waiting ones as unknown, at the shutdown.
    func abandon(now: Timestamp) {
        let left = items.withLock { items in
            defer { items = [] }
            return items
        }
        for item in left { report(item, .failed, now: now) }
    }

    private func perform(_ item: Item, now: Timestamp) async {
        let result = await ending.revoke(item.connection)
        guard result == .failed, item.attempts + 1 < Self.attemptsMax else {
            report(item, result, now: now)
            return
        }
        var again = item
        again.due = now + Self.retryInterval * (1 << item.attempts)
        again.attempts += 1
        items.withLock { [again] items in items.append(again) }
    }

    private func report(_ item: Item, _ result: ProviderRevocation.Result, now: Timestamp) {
        metrics.providerRevocation(item.connection.upstream, result: result.rawValue)
        audit.record(.disconnected(item.connection, by: item.cause, provider: result.rawValue), now: now)
    }
}
