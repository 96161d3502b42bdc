import OAuthState
import Synchronization

/// A line to stores that are elsewhere: each verb takes a random while, and may fail before or after it took effect.
package final class Network: Sendable {
    package enum Failure: CaseIterable, Sendable {
        /// The request is lost: nothing was changed.
        case before
        /// The answer is lost: the change holds, or the store has taken it back.
        case after
    }

    private struct State {
        var random: SeededRandom
        var failure: (verb: String, kind: Failure)?
        var verbs: Set<String> = []
    }

    private let state: Mutex<State>

    /// A line that works, with random delays.
    package init(seed: UInt64 = 1) {
        state = Mutex(State(random: SeededRandom(seed: seed)))
    }

    /// Makes the next use of a verb fail, once.
    package func fail(_ verb: String, _ kind: Failure) {
        state.withLock { $0.failure = (verb, kind) }
    }

    /// Whether the failure that was asked for has happened.
    package var hasFailed: Bool { state.withLock { $0.failure == nil } }

    /// Every verb that was used since the line was made, or since ``forgetVerbs()``.
    package var verbs: Set<String> { state.withLock { $0.verbs } }

    /// Forgets which verbs were used.
    package func forgetVerbs() { state.withLock { $0.verbs = [] } }

    /// A change: the receipt that comes back is of a change that holds already.
    func change<Outcome>(
        _ verb: String,
        _ make: () async throws(StoreError) -> Receipt<Outcome>
    ) async throws(StoreError) -> Receipt<Outcome> {
        try await cross(verb, .before)
        let receipt = try await make()
        let outcome = try Carriage.carried(try await receipt.outcome)
        do throws(StoreError) {
            try await cross(verb, .after)
        } catch {
            // What a client must be able to repeat is taken back by the store, which knows that its answer was lost.
            await receipt.failAnswering()
            throw error
        }
        return Receipt(outcome, reversal: { await receipt.failAnswering() })
    }

    /// A question.
    func ask<Value>(_ verb: String, _ answer: () async throws(StoreError) -> Value) async throws(StoreError) -> Value {
        try await cross(verb, .before)
        let value = try Carriage.carried(try await answer())
        do throws(StoreError) { try await cross(verb, .after) } catch { throw .unavailable }
        return value
    }

    private func cross(_ verb: String, _ kind: Failure) async throws(StoreError) {
        let (delay, fails) = state.withLock { state in
            state.verbs.insert(verb)
            let fails = state.failure?.verb == verb && state.failure?.kind == kind
            if fails { state.failure = nil }
            return (state.random.below(4), fails)
        }
        for _ in 0..<delay { await Task.yield() }
        if fails { throw kind == .before ? .unavailable : .outcomeUnknown }
    }
}
