import OAuthProtocol
import OAuthState

/// RFC 8935: pushes what one stream has to deliver, event after event.
struct EventPushTurn: Sendable {
    let delivery: EventDelivery
    let receiver: EventReceivers.Receiver
    let pusher: EventPusher
    let timeSource: any TimeSource
    let instruments: Instruments
    /// Whether this process still holds the stream, so that no other one pushes it.
    let holds: @Sendable (_ stream: EventStream, _ now: Timestamp) -> Bool

    /// How a turn ended.
    enum Outcome: Sendable {
        /// Every ending up to this one has been delivered, or does not concern the receiver.
        case done(reached: UInt64, hasDelivered: Bool)
        /// The stream is gone, or is not pushed any longer.
        case gone
        /// The server stops, or another process has taken the stream.
        case interrupted
        /// An event was not taken; events before it may have been.
        case failed(EventStream, reason: String, afterSuccess: Bool)
        /// No event is taken until somebody changes something.
        case unusable(EventStream, reason: String)
    }

    /// The most events between two looks at the stream.
    private static let eventCountMax = 100

    /// Pushes until there is nothing left, or something goes wrong.
    ///
    /// - Throws: `server_error` while the store fails; what was delivered in the meantime is then delivered again.
    func run(_ id: EventStreamID) async throws(OAuthError) -> Outcome {
        var hasDelivered = false
        while true {
            let found = try await OAuthError.attempt(
                await delivery.store.streams.stream(id, of: receiver.clientID)
            )
            guard let stream = found, stream.isPushed, let push = stream.push else { return .gone }
            let batch = try await delivery.batch(
                stream,
                for: receiver,
                limit: Self.eventCountMax,
                now: timeSource.now()
            )
            let (delivered, end) = await send(batch, of: stream, to: push)
            guard try await note(delivered, batch, stream) else { return .gone }
            hasDelivered = hasDelivered || !delivered.isEmpty
            switch end {
            case .failed(let stream, let reason, _):
                return .failed(stream, reason: reason, afterSuccess: hasDelivered)
            case .some(let end): return end
            case nil: if !batch.hasMore { return .done(reached: batch.reached, hasDelivered: hasDelivered) }
            }
        }
    }

    /// Sends events in their order, each after the answer to the one before.
    ///
    /// - Returns: Those that need not be sent again, and why it stopped before the last.
    private func send(
        _ batch: EventDelivery.Batch,
        of stream: EventStream,
        to push: EventPush
    ) async -> (delivered: Set<EventIdentifier>, end: Outcome?) {
        var delivered: Set<EventIdentifier> = []
        for event in batch.events {
            guard !Task.isCancelled, holds(stream, timeSource.now()) else { return (delivered, .interrupted) }
            switch await pusher.push(event.token, to: push, of: stream.id) {
            case .delivered:
                instruments.metrics.eventPush(result: "delivered")
            case .refused(let reason):
                instruments.metrics.eventPush(result: "refused")
                await instruments.audit.waitForRoom()
                let refused = AuditEvent.eventRefused(event.identifier, stream, reason: reason)
                instruments.audit.record(refused, now: timeSource.now())
            case .busy: return (delivered, .interrupted)
            case .failed(let reason):
                // What a shutdown has cut short says nothing about the receiver.
                guard !Task.isCancelled else { return (delivered, .interrupted) }
                instruments.metrics.eventPush(result: "failed")
                return (delivered, .failed(stream, reason: reason, afterSuccess: false))
            case .unusable(let reason):
                instruments.metrics.eventPush(result: "failed")
                return (delivered, .unusable(stream, reason: reason))
            }
            if let identifier = EventIdentifier(event.identifier) { delivered.insert(identifier) }
        }
        return (delivered, nil)
    }

    /// Stores what need not be sent again; false when the stream is gone.
    private func note(
        _ delivered: Set<EventIdentifier>,
        _ batch: EventDelivery.Batch,
        _ stream: EventStream
    ) async throws(OAuthError) -> Bool {
        var known = try await delivery.acknowledgement(of: delivered, stream, for: receiver)
        // Endings of other resources are not read again and again.
        if batch.events.isEmpty, batch.passed >= stream.position + EventDelivery.passedCountMax {
            known.position = batch.passed
        }
        guard !known.isEmpty else { return true }
        let receipt = try await OAuthError.attempt(
            await delivery.store.streams.acknowledge(known, of: stream.id, now: timeSource.now())
        )
        return try await OAuthError.attempt(await receipt.outcome)
    }
}
