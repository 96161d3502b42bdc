/// Why a store returned no outcome, or why a change does not hold.
@usableFromInline
package enum StoreError: Error, Hashable, Sendable {
    /// Nothing was changed, or the change was taken back. The same request may be made again.
    case unavailable
    /// The change may hold or not. Every verb is idempotent: the same request, made again, has the same outcome.
    case outcomeUnknown
}

/// An error type with a case for a failed store.
@usableFromInline
package protocol StoreFailure: Error {
    /// The error of a caller whose store failed.
    init(_ error: StoreError)
}

extension StoreFailure {
    /// Calls a store, and converts its failure to this error type.
    @inlinable
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
    /// The error itself, for callers that have no other error for it.
    @inlinable
    package init(_ error: StoreError) { self = error }
}
