/// Why statements have no result.
package enum DatabaseError: Error, Hashable, Sendable {
    /// Nothing was changed: the statements were not sent, or the database rolled them back.
    case unavailable
    /// The statements were sent and their end is not known.
    case outcomeUnknown
}
