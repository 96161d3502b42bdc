package import OAuthProtocol

/// RFC 8935: who pushes the events of which stream.
extension EventStreams {
    package func takePushed(
        by holder: LeaseHolder,
        now: Timestamp,
        limit: Int
    ) throws(StoreError) -> [EventStream] {
        // What is delivered while nothing can be stored would be delivered again.
        try journal.requireAvailability()
        let free = rows.values.filter { stream in
            guard stream.isPushed else { return false }
            guard let lease = pushLeases[stream.id] else { return true }
            return lease.holder == holder || now >= lease.expiry
        }
        let own = free.filter { pushLeases[$0.id]?.holder == holder }
        let others = free.filter { pushLeases[$0.id]?.holder != holder }
        var taken: [EventStream] = []
        for var stream in (Self.ordered(own) + Self.ordered(others)).prefix(limit) {
            pushLeases[stream.id] = HeldLease(holder: holder, expiry: now + EventPush.leaseLifetime)
            if stream.note(StreamAcknowledgement(), now: now) { _ = put(stream) }
            taken.append(stream)
        }
        return taken
    }

    package func pausePushed(_ stream: EventStream, reason: String) throws(StoreError) -> Receipt<Bool> {
        try journal.requireAvailability()
        guard let paused = rows[stream.id]?.paused(after: stream, reason: reason) else {
            return journal.receipt(false)
        }
        pushLeases[stream.id] = nil
        return journal.receipt(true, at: put(paused))
    }

    private static func ordered(_ streams: [EventStream]) -> [EventStream] {
        streams.sorted { $0.id.value < $1.id.value }
    }
}
