import OAuthProtocol
import OAuthState

/// The streams that this process pushes: what is due, what is in flight, and what failed.
struct PushedStreams {
    /// One stream.
    struct Entry {
        var stream: EventStream
        /// Every ending up to this one has been looked at.
        var seen: UInt64 = 0
        /// Whether the stream may have something besides endings: a verification, another address.
        var needsLook = true
        /// How often in a row an event was not taken.
        var failureCount = 0
        /// Nothing is sent before this.
        var retryAt: Timestamp?
        /// What is in flight.
        var task: Task<Void, Never>?
        /// Whether it is forgotten once nothing is in flight.
        var isGone = false

        /// Whether something is to be sent, as far as is known.
        func isDue(last: UInt64, now: Timestamp) -> Bool {
            guard task == nil, !isGone else { return false }
            // A clock that is set back must not lengthen the pause.
            if let retryAt { return now >= retryAt || retryAt - now > EventPushes.retryIntervalMax }
            return needsLook || seen < last
        }
    }

    private(set) var entries: [EventStreamID: Entry] = [:]
    /// When the streams were taken last; `nil` before the first time.
    private(set) var takenAt: Timestamp?
    /// The last change of any stream that was seen then.
    private(set) var changeCount: UInt64 = 0

    /// How often the streams are taken anew: another process may have changed one, or ended.
    static let takeInterval = Duration.seconds(5)
    /// The most requests in flight at once.
    static let flightCountMax = 256
    /// The most requests in flight at once to one receiver: slow ones must not take the places of others.
    static let flightCountPerReceiverMax = 16

    /// Whether the streams must be taken before anything is sent.
    func needsTaking(_ changeCount: UInt64, now: Timestamp) -> Bool {
        guard let takenAt, self.changeCount == changeCount else { return true }
        return now < takenAt || now - takenAt >= Self.takeInterval
    }

    /// Whether a request that begins now ends before another process may take the stream.
    func holds(_ now: Timestamp) -> Bool {
        guard let takenAt else { return false }
        return now >= takenAt && now + EventPusher.timeout < takenAt + EventPush.leaseLifetime
    }

    /// The same for one stream, which is still the one that the turn began with: another process may have taken it, and
    /// its receiver may have paused it, or named another address.
    func holds(_ stream: EventStream, _ now: Timestamp) -> Bool {
        guard holds(now), let entry = entries[stream.id], !entry.isGone else { return false }
        return entry.stream.push == stream.push
    }

    /// Notes which streams this process pushes from now on.
    mutating func take(_ streams: [EventStream], changeCount: UInt64, now: Timestamp) {
        for id in entries.keys { entries[id]?.isGone = true }
        for stream in streams {
            var entry = entries[stream.id] ?? Entry(stream: stream)
            let earlier = entry.stream
            entry.isGone = false
            if stream.push != earlier.push { (entry.failureCount, entry.retryAt) = (0, nil) }
            // The receiver wants to see now whether it works.
            if let asked = stream.verification?.number, asked != earlier.verification?.number { entry.retryAt = nil }
            if stream.push != earlier.push || stream.verification != nil
                || stream.requestedEvents != earlier.requestedEvents
            {
                entry.needsLook = true
            }
            entry.stream = stream
            entries[stream.id] = entry
        }
        entries = entries.filter { !$0.value.isGone || $0.value.task != nil }
        (takenAt, self.changeCount) = (now, changeCount)
    }

    /// Starts what is due, within the bounds of what may be in flight.
    mutating func start(last: UInt64, now: Timestamp, _ begin: (EventStream) -> Task<Void, Never>?) {
        guard holds(now) else { return }
        var counts: [String: Int] = [:]
        for entry in entries.values where entry.task != nil { counts[entry.stream.clientID, default: 0] += 1 }
        var count = counts.values.reduce(0, +)
        for (id, entry) in entries where entry.isDue(last: last, now: now) && count < Self.flightCountMax {
            let client = entry.stream.clientID
            guard counts[client, default: 0] < Self.flightCountPerReceiverMax else { continue }
            entries[id]?.task = begin(entry.stream)
            counts[client, default: 0] += 1
            count += 1
        }
    }

    /// Notes that nothing is in flight for a stream any longer.
    mutating func end(_ id: EventStreamID, _ change: (inout Entry) -> Void) {
        guard var entry = entries[id] else { return }
        entry.task = nil
        change(&entry)
        entries[id] = entry.isGone ? nil : entry
    }
}
