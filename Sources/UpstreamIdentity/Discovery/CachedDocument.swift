import OAuthProtocol
import Synchronization

/// A provider's document, fetched when it is first needed, by one request for all who wait, and kept for a bounded time.
///
/// Nothing is fetched at the start: a provider that is down never keeps us from starting. When a renewal fails, the old
/// document serves on for a while: a provider's hiccup is nobody's logout.
final class CachedDocument<Value: Sendable>: Sendable {
    /// How long documents are used and how often they are asked for.
    struct Lifetimes: Sendable {
        /// How long a document is used without asking.
        var fresh: Duration
        /// How long one is used when the renewal fails.
        var stale: Duration
        /// How often a renewal is attempted at most.
        var attemptInterval: Duration
    }

    private struct Held: Sendable {
        var value: Value
        var fetchedAt: Timestamp
    }

    private struct State {
        var held: Held?
        var attemptedAt: Timestamp?
        var lastFailure: UpstreamError?
        var inFlight: Task<Result<Value, UpstreamError>, Never>?
    }

    private let lifetimes: Lifetimes
    private let timeSource: any TimeSource
    private let fetch: @Sendable () async -> Result<Value, UpstreamError>
    private let state = Mutex(State())

    init(
        lifetimes: Lifetimes,
        timeSource: any TimeSource,
        fetch: @escaping @Sendable () async -> Result<Value, UpstreamError>
    ) {
        self.lifetimes = lifetimes
        self.timeSource = timeSource
        self.fetch = fetch
    }

    /// The document, fetched unless a fresh one is at hand.
    func value() async throws(UpstreamError) -> Value {
        let now = timeSource.now()
        let held = state.withLock(\.held)
        if let held, isWithin(lifetimes.fresh, since: held.fetchedAt, now) { return held.value }
        guard let held, isWithin(lifetimes.stale, since: held.fetchedAt, now) else { return try await renewed(now) }
        guard mayAttempt(now) else { return held.value }
        do { return try await renewed(now) } catch { return held.value }
    }

    /// A newly fetched document, because the one at hand lacks something; `nil` if one was fetched only just now.
    ///
    /// - Throws: ``UpstreamError`` when it cannot be fetched, or could not only just now.
    func renewedIfDue() async throws(UpstreamError) -> Value? {
        let now = timeSource.now()
        guard mayAttempt(now) else {
            if let failure = state.withLock(\.lastFailure) { throw failure }
            return nil
        }
        return try await renewed(now)
    }

    private func mayAttempt(_ now: Timestamp) -> Bool {
        state.withLock { state in
            // Whoever comes while a request is under way shares its result.
            if state.inFlight != nil { return true }
            return state.attemptedAt.map { !isWithin(lifetimes.attemptInterval, since: $0, now) } ?? true
        }
    }

    /// A clock set back makes everything old, never young for long.
    private func isWithin(_ duration: Duration, since start: Timestamp, _ now: Timestamp) -> Bool {
        start <= now && now - start < duration
    }

    private func renewed(_ now: Timestamp) async throws(UpstreamError) -> Value {
        let task = state.withLock { state in
            if let task = state.inFlight { return task }
            state.attemptedAt = now
            // A task of its own, for the request serves all who wait: that the first of them goes away must not fail the
            // others. The transport bounds its duration.
            let task = Task.detached { [self] in
                let result = await fetch()
                finish(result)
                return result
            }
            state.inFlight = task
            return task
        }
        return try await task.value.get()
    }

    private func finish(_ result: Result<Value, UpstreamError>) {
        let now = timeSource.now()
        state.withLock { state in
            state.inFlight = nil
            switch result {
            case .success(let value):
                state.held = Held(value: value, fetchedAt: now)
                state.lastFailure = nil
            case .failure(let error):
                state.lastFailure = error
            }
        }
    }
}
