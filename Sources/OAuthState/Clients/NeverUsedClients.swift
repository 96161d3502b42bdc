import DequeModule
import OAuthProtocol

/// CR-10: the clients that registered themselves and were never used, bounded by what they take.
///
/// Anyone may register. Therefore the next client to be evicted is the oldest of the network that has most bytes of
/// them.
struct NeverUsedClients: Sendable {
    private struct Entry {
        let source: SourceNetwork
        let byteCount: Int
        let registeredAt: Timestamp
        /// Tells this registration from earlier ones of the same id that a queue still has.
        let serial: UInt64
    }

    private struct Ticket {
        let id: String
        let serial: UInt64
    }

    private var entries: [String: Entry] = [:]
    private var queues: [SourceNetwork: Deque<Ticket>] = [:]
    private var ages: Deque<Ticket> = []
    private var weights = NetworkWeights()
    private var lastSerial: UInt64 = 0
    /// How many tickets the queues have, outdated ones included.
    private var queuedCount = 0
    /// The bytes of all entries.
    private(set) var byteCount = 0

    var count: Int { entries.count }
    /// The places in all queues, outdated ones included, for tests of their bound.
    var placeCount: Int { ages.count + queuedCount }

    /// What the tables need for each client besides its record.
    private static let overheadByteCount = 1024

    /// Adds a client, or notes that a known one has another size; it keeps its place.
    mutating func put(_ id: String, from source: SourceNetwork, byteCount recordByteCount: Int, at moment: Timestamp) {
        let size = recordByteCount + Self.overheadByteCount
        let known = entries[id]
        let entry = Entry(
            source: known?.source ?? source,
            byteCount: size,
            registeredAt: known?.registeredAt ?? moment,
            serial: known?.serial ?? nextSerial()
        )
        entries[id] = entry
        // Only the difference is added. A network whose weight reaches zero loses its queue: its client would keep no
        // place, and could never be evicted.
        account(entry.source, size - (known?.byteCount ?? 0))
        guard known == nil else { return }
        let ticket = Ticket(id: id, serial: entry.serial)
        queues[source, default: []].append(ticket)
        ages.append(ticket)
        queuedCount += 1
        sweepQueues()
    }

    /// Forgets a client that was used or removed.
    mutating func remove(_ id: String) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        account(entry.source, -entry.byteCount)
    }

    /// The next client to be evicted; `nil` when there is none.
    mutating func nextVictim() -> String? {
        guard let source = weights.heaviest else { return nil }
        while let ticket = queues[source]?.first {
            if entries[ticket.id]?.serial == ticket.serial { return ticket.id }
            queues[source]?.removeFirst()
            queuedCount -= 1
        }
        return nil
    }

    /// The clients that were registered before a moment, at most `limit`.
    mutating func registered(before moment: Timestamp, limit: Int) -> [String] {
        var ids: [String] = []
        while ids.count < limit, let ticket = ages.first {
            if let entry = entries[ticket.id], entry.serial == ticket.serial {
                guard entry.registeredAt < moment else { break }
                ids.append(ticket.id)
            }
            ages.removeFirst()
        }
        return ids
    }

    private mutating func nextSerial() -> UInt64 {
        lastSerial += 1
        return lastSerial
    }

    private mutating func account(_ source: SourceNetwork, _ bytes: Int) {
        byteCount += bytes
        weights.add(bytes, to: source)
        if weights[source] == 0, let queue = queues.removeValue(forKey: source) { queuedCount -= queue.count }
    }

    // Outdated tickets are dropped when they outnumber the others.
    private mutating func sweepQueues() {
        let (entries, bound) = (entries, 2 * entries.count + 1024)
        if ages.count > bound { ages.removeAll { entries[$0.id]?.serial != $0.serial } }
        guard queuedCount > bound else { return }
        for source in queues.keys { queues[source]?.removeAll { entries[$0.id]?.serial != $0.serial } }
        queuedCount = queues.values.reduce(0) { $0 + $1.count }
    }
}

/// How many bytes each network has, and which has most.
///
/// Networks are grouped by their weight in steps of some KiB, so that the heaviest is found without a search.
struct NetworkWeights: Sendable {
    private var weights: [SourceNetwork: Int] = [:]
    private var networks: [Int: Set<SourceNetwork>] = [:]
    private var highest = 0

    private static let step = 1024

    subscript(source: SourceNetwork) -> Int { weights[source, default: 0] }

    /// A network that has most, to the step.
    var heaviest: SourceNetwork? { networks[highest]?.first }

    mutating func add(_ bytes: Int, to source: SourceNetwork) {
        let earlier = self[source]
        let present = max(0, earlier + bytes)
        let (old, new) = (Self.group(earlier), Self.group(present))
        weights[source] = present > 0 ? present : nil
        guard old != new else { return }
        networks[old]?.remove(source)
        if networks[old]?.isEmpty ?? false { networks[old] = nil }
        if new > 0 { networks[new, default: []].insert(source) }
        highest = max(highest, new)
        // What was added step by step is taken away step by step.
        while highest > 0, networks[highest] == nil { highest -= 1 }
    }

    private static func group(_ weight: Int) -> Int { (weight + step - 1) / step }
}
