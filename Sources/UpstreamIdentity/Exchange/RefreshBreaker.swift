import OAuthProtocol
import Synchronization

/// Keeps refreshes from flooding a provider that is in trouble (VR-11), and its trouble from holding our requests.
///
/// It stands before refreshes only: a login is made by a person, one at a time, and must be able to repair what refreshes
/// broke. A login that succeeds closes it.
final class RefreshBreaker: Sendable {
    /// Refreshes under way at once; one more is refused.
    static let inFlightMax = 256
    /// Failures in a row after which the provider is left alone.
    static let failuresMax = 5
    /// How long it is left alone; then one refresh tries, and with it the time starts anew.
    static let pause: Duration = .seconds(10)

    private struct State {
        var inFlight = 0
        var failuresInRow = 0
        var closedUntil: Timestamp?
    }

    private let state = Mutex(State())

    /// Refreshes under way, and whether the provider is being left alone.
    func load(now: Timestamp) -> UpstreamRefreshLoad {
        state.withLock { state in
            UpstreamRefreshLoad(inFlight: state.inFlight, isPaused: state.closedUntil.map { now < $0 } ?? false)
        }
    }

    /// Lets a refresh through, or refuses it; whoever is let through reports its end.
    func enter(now: Timestamp) throws(UpstreamError) {
        let refusal: UpstreamError? = state.withLock { state in
            guard state.inFlight < RefreshBreaker.inFlightMax else {
                return .temporary("too many refreshes are under way", retryAfter: .seconds(1))
            }
            if let closedUntil = state.closedUntil {
                // A clock set back must not lengthen the pause.
                let remaining = closedUntil - now
                guard remaining <= .zero || remaining > RefreshBreaker.pause else {
                    return .temporary("the provider failed repeatedly and is left alone", retryAfter: remaining)
                }
                state.closedUntil = now + RefreshBreaker.pause
            }
            state.inFlight += 1
            return nil
        }
        if let refusal { throw refusal }
    }

    /// Reports the end of a refresh that was let through; `nil` for a success.
    func leave(_ error: UpstreamError?, now: Timestamp) {
        state.withLock { state in
            state.inFlight -= 1
            // A refusal is an answer too: the provider is alive.
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
    func reset() {
        state.withLock { state in
            state.failuresInRow = 0
            state.closedUntil = nil
        }
    }
}

/// How busy refreshes at a provider are, for the metrics.
package struct UpstreamRefreshLoad: Hashable, Sendable {
    /// Refreshes under way.
    package let inFlight: Int
    /// Whether the provider failed repeatedly and is left alone.
    package let isPaused: Bool
}
