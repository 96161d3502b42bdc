import Synchronization

/// The text of a statement, which each connection prepares once.
///
/// Kept in a `static let`: each value made is another prepared statement of every connection.
package struct SQLStatement: Sendable {
    /// Distinguishes it from all others of this process; nil for one that is used once.
    let number: Int?
    /// The text, with parameters `$1` ….
    let text: String

    private static let lastNumber = Atomic<Int>(0)

    /// A statement of this text.
    ///
    /// A parameter has the type of its ``SQLValue`` at the first use. Where that is null the database infers it, so a
    /// cast such as `$1::bigint` is needed where a parameter may be null and no column says the type.
    package init(_ text: String) {
        self.text = text
        number = Self.lastNumber.add(1, ordering: .relaxed).newValue
    }

    /// A statement that is not kept: a step of a migration, a question of a test.
    package init(once text: String) {
        self.text = text
        number = nil
    }
}
