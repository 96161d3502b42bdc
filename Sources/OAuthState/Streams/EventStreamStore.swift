package import OAuthProtocol

/// Stores the streams of the receivers of events, each with the last ending that its receiver has acknowledged.
package protocol EventStreamStore: Sendable {
    /// Stores a new stream; at the bound of its receiver the one that was unused longest is dropped.
    func add(_ stream: EventStream, now: Timestamp) async throws(StoreError) -> Receipt<Void>
    /// Replaces what a receiver may change of a stream, all but its position; false when it is gone.
    func update(_ stream: EventStream) async throws(StoreError) -> Receipt<Bool>
    /// Notes what a receiver has acknowledged, and that it was there; false when the stream is gone.
    ///
    /// A position never goes back. A verification of another number than the stream's is not due any longer.
    func acknowledge(
        _ acknowledgement: StreamAcknowledgement,
        of id: EventStreamID,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<Bool>
    /// A receiver's stream; `nil` when it is gone, or another receiver's.
    func stream(_ id: EventStreamID, of clientID: String) async throws(StoreError) -> EventStream?
    /// The streams of a receiver, in the order of their ids.
    func streams(of clientID: String) async throws(StoreError) -> [EventStream]
    /// The streams, at most `limit`, whose events this process pushes until ``EventPush/leaseLifetime`` has passed.
    ///
    /// Those that it holds already come first; one that another process holds is not among them. They are in use, so
    /// that none of them is dropped.
    func takePushed(by holder: LeaseHolder, now: Timestamp, limit: Int) async throws(StoreError) -> [EventStream]
    /// Pauses a stream whose events could not be pushed; false when it is gone, or has changed in the meantime.
    func pausePushed(_ stream: EventStream, reason: String) async throws(StoreError) -> Receipt<Bool>
    /// Drops a receiver's stream; false when it is gone, or another receiver's.
    func remove(_ id: EventStreamID, of clientID: String) async throws(StoreError) -> Receipt<Bool>
}

/// What a receiver has received and need not get again.
package struct StreamAcknowledgement: Hashable, Sendable {
    /// Every ending up to this number; `nil` for no further one.
    package var position: UInt64?
    /// The verification with this number.
    package var verification: UInt64?

    /// Nothing yet.
    package init(position: UInt64? = nil, verification: UInt64? = nil) {
        self.position = position
        self.verification = verification
    }

    /// Whether there is nothing in it.
    package var isEmpty: Bool { position == nil && verification == nil }
}

extension EventStream {
    /// Notes what was acknowledged; false when that and the time of use leave the stream as it is.
    package mutating func note(_ acknowledgement: StreamAcknowledgement, now: Timestamp) -> Bool {
        let earlier = self
        if let position = acknowledgement.position { self.position = max(self.position, position) }
        if let number = acknowledgement.verification, number == verification?.number { verification = nil }
        // Once an hour is precise enough, and keeps the journal small.
        if now - usedAt >= .seconds(3600) || self != earlier { usedAt = max(usedAt, now) }
        return self != earlier
    }
}
