import OAuthProtocol
import Synchronization

/// Protects a failing provider from a flood of refreshes (VR-11), and our requests from waiting for it.
///
/// It guards refreshes only: a login is made by a person, one at a time, and must be able to repair what refreshes
/// broke. A successful login closes the breaker.
final class RefreshBreaker: Sendable {
    /// Simultaneous refreshes; one more is refused.
    static let inFlightMax = 256
    /// Consecutive failures after which the breaker opens.
    static let failuresMax = 5
    /// How long it stays open; then one refresh is tried, and with it the time starts again.
    static let pause: Duration = .seconds(10)

    private struct State {
        var inFlight = 0
        var failuresInRow = 0
        var closedUntil: Timestamp?
        var servedAt: Timestamp?
        var failure: (at: Timestamp, reason: UpstreamFailureReason)?
    }

    private let state = Mutex(State())

    /// The number of refreshes in progress, and whether the breaker is open.
    func load(now: Timestamp) -> UpstreamRefreshLoad {
        state.withLock { state in
            UpstreamRefreshLoad(inFlight: state.inFlight, isPaused: state.closedUntil.map { now < $0 } ?? false)
        }
    }

    /// What operators see.
    func status(now: Timestamp) -> UpstreamStatus {
        let load = load(now: now)
        return state.withLock { state in
            UpstreamStatus(
                servedAt: state.servedAt,
                failedAt: state.failure?.at,
                failure: state.failure?.reason,
                load: load
            )
        }
    }

    /// Reports a failure that is no refresh's, for ``status(now:)`` only.
    func note(_ reason: UpstreamFailureReason, now: Timestamp) {
        state.withLock { $0.failure = (now, reason) }
    }

    /// When the provider last redeemed a code or a refresh token.
    var servedAt: Timestamp? { state.withLock(\.servedAt) }

    /// Admits a refresh or refuses it; a caller that is admitted reports its end.
    func enter(now: Timestamp) throws(UpstreamError) {
        let refusal: UpstreamError? = state.withLock { state in
            guard state.inFlight < RefreshBreaker.inFlightMax else {
                return .temporary("too many refreshes are in progress", retryAfter: .seconds(1))
            }
            if let closedUntil = state.closedUntil {
                // A clock that is set back must not lengthen the pause.
                let remaining = closedUntil - now
                guard remaining <= .zero || remaining > RefreshBreaker.pause else {
                    return .temporary("the provider failed repeatedly; refreshes are paused", retryAfter: remaining)
                }
                state.closedUntil = now + RefreshBreaker.pause
            }
            state.inFlight += 1
            return nil
        }
        if let refusal { throw refusal }
    }

    /// Reports the end of an admitted refresh; `nil` for a success.
    func leave(_ error: UpstreamError?, now: Timestamp) {
        state.withLock { state in
            state.inFlight -= 1
            if let error { state.failure = (now, error.failureReason) } else { state.servedAt = now }
            // A refusal is an answer too: the provider is available.
            guard let error, error.isTemporary else {
                state.failuresInRow = 0
                state.closedUntil = nil
                return
            }
            state.failuresInRow += 1
            if state.failuresInRow >= RefreshBreaker.failuresMax { state.closedUntil = now + RefreshBreaker.pause }
        }
    }

    /// Reports that the provider answered a login.
    func reset(now: Timestamp) {
        state.withLock { state in
            state.servedAt = now
            state.failuresInRow = 0
            state.closedUntil = nil
        }
    }
}

/// How busy refreshes at a provider are, for metrics.
package struct UpstreamRefreshLoad: Hashable, Sendable {
    /// Refreshes in progress.
    package let inFlight: Int
    /// Whether the breaker is open.
    package let isPaused: Bool
}
