/// Why a store gave no answer, or why a change does not hold.
package enum StoreError: Error, Hashable, Sendable {
    /// Nothing was changed, or the change was taken back. The same request may be made again.
    case unavailable
    /// The change may hold or not. Every verb is idempotent: the same request, made again, comes to the same outcome.
    case outcomeUnknown
}

/// An error of a caller that has a word for a store that fails.
package protocol StoreFailure: Error {
    /// What the caller says when the store failed.
    init(_ error: StoreError)
}

extension StoreFailure {
    /// Asks a store, and says a failure of the store in this error's words.
    package static func attempt<Value>(
        _ verb: @autoclosure () async throws(StoreError) -> Value
    ) async throws(Self) -> Value {
        do throws(StoreError) {
            return try await verb()
        } catch {
            throw Self(error)
        }
    }
}

extension StoreError: StoreFailure {
    /// The error itself, for callers that have no other word for it.
    package init(_ error: StoreError) { self = error }
}
