/// The outcome of a change, which cannot be used before the change holds.
///
/// A verb that changes something returns a receipt as soon as the change is made, before it is durable. The outcome can
/// be read in two ways only, and both end when the change holds or fails: ``answering(_:)`` makes the answer *during*
/// the sync, and ``outcome`` waits for it. An answer that would leave too early does not compile.
@usableFromInline
package struct Receipt<Outcome: Sendable>: Sendable {
    /// Returns when a crash could no longer undo the change.
    @usableFromInline
    package typealias Settlement = @Sendable () async throws(StoreError) -> Void
    /// Undoes the change, as if it had not been requested.
    @usableFromInline
    package typealias Reversal = @Sendable () async -> Void

    // Inlined below: a generic that is not specialized for its caller allocates at each suspension.
    @usableFromInline let made: Outcome
    @usableFromInline let settlement: Settlement?
    @usableFromInline let reversal: Reversal?

    /// A receipt of a change.
    ///
    /// - Parameters:
    ///   - outcome: What happened.
    ///   - settlement: Waits until everything that the outcome depends on is durable, refusals included; `nil` when it
    ///     is already.
    ///   - reversal: Takes the change back when it cannot be made durable, or when no answer could be made from it;
    ///     only for changes that a client must be able to repeat: a redemption, a rotation, a consumption, a
    ///     disconnection.
    package init(_ outcome: Outcome, settlement: Settlement? = nil, reversal: Reversal? = nil) {
        made = outcome
        self.settlement = settlement
        self.reversal = reversal
    }

    /// Makes an answer while the change becomes durable, and returns it once the change holds.
    ///
    /// A refusal that depends on state waits as well: a client that is refused because another request ended its
    /// session must not find the session alive after a crash.
    ///
    /// - Parameter answer: Makes the answer from the outcome, for example by signing. It must have no effect until
    ///   `answering` has returned. A refusal that keeps the change is a returned value, not an error.
    /// - Returns: The result of `answer`.
    /// - Throws: The error of `answer`, or `Failure`'s error for a change that does not hold. In both cases the change
    ///   is taken back if its verb can be repeated.
    @inlinable
    package func answering<Answer, Failure: StoreFailure>(
        _ answer: (Outcome) async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer {
        let result: Answer
        do throws(Failure) {
            result = try await answer(made)
        } catch {
            await reversal?()
            try await settle(or: Failure.self)
            throw error
        }
        do throws(Failure) {
            try await settle(or: Failure.self)
        } catch {
            await reversal?()
            throw error
        }
        return result
    }

    /// The outcome, once the change holds.
    ///
    /// - Throws: ``StoreError`` when the change does not hold; it was taken back if its verb can be repeated.
    @inlinable
    package var outcome: Outcome {
        get async throws(StoreError) {
            try await answering { (outcome) throws(StoreError) in outcome }
        }
    }

    @inlinable
    func settle<Failure: StoreFailure>(or _: Failure.Type) async throws(Failure) {
        guard let settlement else { return }
        do throws(StoreError) {
            try await settlement()
        } catch {
            throw Failure(error)
        }
    }
}

/// Makes a change and its answer: ``Receipt/answering(_:)`` for callers with an error type of their own.
///
/// - Throws: The error of `answer`, or `Failure`'s error for a store that failed before, or after, it made the change.
@inlinable
package func answering<Outcome, Answer, Failure: StoreFailure>(
    _ change: @autoclosure () async throws(StoreError) -> Receipt<Outcome>,
    _ answer: (Outcome) async throws(Failure) -> Answer
) async throws(Failure) -> Answer {
    try await Failure.attempt(await change()).answering(answer)
}
