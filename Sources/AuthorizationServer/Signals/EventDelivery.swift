import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// What a stream has to deliver, and what its receiver has acknowledged: the same for both ways of delivery.
struct EventDelivery: Sendable {
    let issuer: Issuer
    let keys: SigningKeyPublication
    let store: Stores.Signals

    /// How many endings are read at once.
    static let pageCount = 1000
    /// How many endings of other resources are read again the next time.
    static let passedCountMax: UInt64 = 500

    /// Signed events, in their order.
    struct Batch: Sendable {
        /// By `jti`.
        var events: [(identifier: String, token: String)] = []
        /// Whether there are more at once.
        var hasMore = false
        /// The last number that was looked at: no ending up to it is left out of ``events``.
        var reached: UInt64
        /// The last ending before the first event: none up to it concerns the receiver.
        var passed: UInt64
    }

    /// The next events of a stream that is enabled.
    func batch(
        _ stream: EventStream,
        for receiver: EventReceivers.Receiver,
        limit: Int,
        now: Timestamp
    ) async throws(OAuthError) -> Batch {
        var batch = Batch(reached: stream.position, passed: stream.position)
        var events: [SecurityEvent] = []
        if let verification = stream.verification { events.append(SecurityEvent(verification, of: stream)) }
        batch.hasMore = stream.delivers(.sessionRevoked)
        while batch.hasMore, events.count < limit {
            let page = try await page(after: batch.reached)
            if let loss = page.loss {
                events += [
                    SecurityEvent(loss, of: stream.id, issuer: issuer), SecurityEvent(noticeOf: loss, of: stream),
                ]
            }
            batch.hasMore = page.hasMore
            take(page, for: receiver, of: stream.id, limit: limit, &batch, &events)
        }
        if events.count > limit { batch.hasMore = true }
        for event in events.prefix(limit) {
            batch.events.append((event.identifier, try signed(event, for: receiver.clientID, now: now)))
        }
        return batch
    }

    private func take(
        _ page: EndingPage,
        for receiver: EventReceivers.Receiver,
        of stream: EventStreamID,
        limit: Int,
        _ batch: inout Batch,
        _ events: inout [SecurityEvent]
    ) {
        for ending in page.endings {
            guard receiver.needs(ending.resource) else {
                batch.reached = ending.sequence
                continue
            }
            guard events.count < limit else {
                batch.hasMore = true
                return
            }
            if events.isEmpty { batch.passed = batch.reached }
            events.append(SecurityEvent(ending, of: stream, issuer: issuer))
            batch.reached = ending.sequence
        }
        // Past the numbers whose endings have expired, too: otherwise a waiting poll would look for them again.
        batch.reached = page.reached
        if events.isEmpty { batch.passed = batch.reached }
    }

    /// What the acknowledged events say about a stream: the last ending before the first that is not acknowledged.
    ///
    /// Events after a gap are delivered again, which RFC 8936 permits: what is stored is one number.
    func acknowledgement(
        of identifiers: Set<EventIdentifier>,
        _ stream: EventStream,
        for receiver: EventReceivers.Receiver
    ) async throws(OAuthError) -> StreamAcknowledgement {
        var acknowledgement = StreamAcknowledgement()
        if let number = stream.verification?.number,
            identifiers.contains(EventIdentifier(stream.id, .verification(number)))
        {
            acknowledgement.verification = number
        }
        var position = stream.position
        var leftCount = identifiers.count { $0.stream == stream.id }
        while leftCount > 0 {
            let page = try await page(after: position)
            if let loss = page.loss {
                guard identifiers.contains(EventIdentifier(stream.id, .loss(loss.sequence))) else { break }
                leftCount -= 1
                position = loss.sequence
            }
            let next = page.endings.first { ending in
                let isKnown = identifiers.contains(EventIdentifier(stream.id, .ending(ending.sequence)))
                guard isKnown || !receiver.needs(ending.resource) else { return true }
                if isKnown { leftCount -= 1 }
                position = ending.sequence
                return false
            }
            guard next == nil, page.hasMore else { break }
        }
        if position > stream.position { acknowledgement.position = position }
        return acknowledgement
    }

    private func page(after sequence: UInt64) async throws(OAuthError) -> EndingPage {
        let receipt = try await OAuthError.attempt(
            await store.endings.endings(after: sequence, limit: Self.pageCount)
        )
        return try await OAuthError.attempt(await receipt.outcome)
    }

    /// An event as a token for its receiver (RFC 8417).
    ///
    /// - Throws: `server_error` when the library fails.
    func signed(_ event: SecurityEvent, for audience: String, now: Timestamp) throws(OAuthError) -> String {
        let claims = event.claims(issuer: issuer, audience: audience, now: now)
        do throws(CryptoError) {
            return try keys.current.active.sign(type: SecurityEvent.tokenType, payload: claims.serialized())
        } catch {
            throw OAuthError(.serverError, "the event could not be signed")
        }
    }
}

extension EventStream {
    /// Whether events of a kind are delivered: verification and updates of the stream always are (SSF 1.0 §8.1.1).
    func delivers(_ kind: SecurityEvent.Kind) -> Bool {
        kind != .sessionRevoked || requestedEvents?.contains(kind.rawValue) ?? true
    }
}
