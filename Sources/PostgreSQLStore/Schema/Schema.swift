/// The tables of the database, as numbered migrations.
package enum Schema {
    /// One step from a version of the schema to the next.
    package struct Migration: Sendable {
        /// The version that the database has afterwards; the first is 1.
        package let version: Int64
        /// Plain SQL, made in one transaction.
        package let statements: [String]
        /// Whether it takes away what a node of an earlier version uses, and waits until none of them lives.
        package let isContraction: Bool

        /// A step.
        package init(version: Int64, statements: [String], isContraction: Bool = false) {
            self.version = version
            self.statements = statements
            self.isContraction = isContraction
        }
    }

    /// All steps, in their order.
    ///
    /// A step that was released is never changed; a change of the schema is a new step.
    package static let migrations: [Migration] = [
        Migration(version: 1, statements: marks + clients + replay + blocks + keysAndDevices + vault + sessions),
        Migration(version: 2, statements: nodes),
        Migration(version: 3, statements: signals),
        Migration(version: 4, statements: pushes),
        Migration(version: 5, statements: signalsWithoutTriggers, isContraction: true),
    ]

    /// Bodies that show whether a node has the storage key of the others.
    private static let marks = [
        "CREATE TABLE storage_marks (name text NOT NULL PRIMARY KEY, body bytea NOT NULL)"
    ]
}
