import Foundations
import OAuthProtocol
import Synchronization

/// A provider's document, fetched when it is first needed, by one request for all waiting callers, and kept for a
/// bounded time.
///
/// Nothing is fetched at start, so an unavailable provider never prevents a start. When a renewal fails, the old
/// document is used for a while longer, so that a short outage of the provider logs no user out.
final class CachedDocument<Value: Sendable>: Sendable {
    /// How long documents are used and how often they are requested.
    struct Lifetimes: Sendable {
        /// How long a document is used without a request.
        var fresh: Duration
        /// How long a document is used when its renewal fails.
        var stale: Duration
        /// The shortest interval between two attempts at a renewal.
        var attemptInterval: Duration
        /// Whether the interval also separates attempts at the first document, so that senders of made-up tokens cannot
        /// make this server ask an unavailable host again and again.
        var boundsFirstAttempts = false
    }

    private struct Held: Sendable {
        var value: Value
        var fetchedAt: Timestamp
    }

    private struct State {
        var held: Held?
        var attemptedAt: Timestamp?
        var lastFailure: UpstreamError?
    }

    private let lifetimes: Lifetimes
    private let timeSource: any TimeSource
    private let fetch: @Sendable () async -> Result<Value, UpstreamError>
    private let state = Mutex(State())
    private let flight = SingleFlight<OnlyKey, Result<Value, UpstreamError>>()

    init(
        lifetimes: Lifetimes,
        timeSource: any TimeSource,
        fetch: @escaping @Sendable () async -> Result<Value, UpstreamError>
    ) {
        self.lifetimes = lifetimes
        self.timeSource = timeSource
        self.fetch = fetch
    }

    /// The document that was fetched last, however old; nothing is fetched.
    var known: Value? { state.withLock(\.held?.value) }

    /// The document; fetched unless a fresh one is cached.
    func value() async throws(UpstreamError) -> Value {
        let now = timeSource.now()
        let held = state.withLock(\.held)
        if let held, isWithin(lifetimes.fresh, since: held.fetchedAt, now) { return held.value }
        guard let held, isWithin(lifetimes.stale, since: held.fetchedAt, now) else {
            if lifetimes.boundsFirstAttempts, !mayAttempt(now), let failure = state.withLock(\.lastFailure) {
                throw failure
            }
            return try await renewed(now)
        }
        guard mayAttempt(now) else { return held.value }
        do {
            return try await renewed(now)
        } catch {
            guard state.withLock({ $0.held != nil }) else { throw error }
            return held.value
        }
    }

    /// A newly fetched document, because the cached one lacks something; `nil` if one was fetched very recently.
    ///
    /// - Throws: ``UpstreamError`` when it cannot be fetched, or could not be very recently.
    func renewedIfDue() async throws(UpstreamError) -> Value? {
        let now = timeSource.now()
        guard mayAttempt(now) else {
            if let failure = state.withLock(\.lastFailure) { throw failure }
            return nil
        }
        return try await renewed(now)
    }

    private func mayAttempt(_ now: Timestamp) -> Bool {
        // Callers that arrive during a request share its result.
        if flight.task(for: .only) != nil { return true }
        let attemptedAt = state.withLock(\.attemptedAt)
        return attemptedAt.map { !isWithin(lifetimes.attemptInterval, since: $0, now) } ?? true
    }

    /// A clock that is set back makes everything old, never young for long.
    private func isWithin(_ duration: Duration, since start: Timestamp, _ now: Timestamp) -> Bool {
        start <= now && now - start < duration
    }

    private func renewed(_ now: Timestamp) async throws(UpstreamError) -> Value {
        // The transport bounds its duration.
        let task = flight.task(for: .only) { [self] in
            state.withLock { $0.attemptedAt = now }
            let result = await fetch()
            finish(result)
            return result
        }
        guard let task else { throw .temporary("this server is shutting down") }
        return try await task.value.get()
    }

    private func finish(_ result: Result<Value, UpstreamError>) {
        let now = timeSource.now()
        state.withLock { state in
            switch result {
            case .success(let value):
                state.held = Held(value: value, fetchedAt: now)
                state.lastFailure = nil
            case .failure(let error):
                state.lastFailure = error
                // What names another issuer is a refusal, not an outage: what was known before is not used on.
                if error.failureReason == .issuerChanged { state.held = nil }
            }
        }
    }
}
