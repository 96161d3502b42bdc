import HashTreeCollections
package import OAuthProtocol

/// Every row of a store at one moment, in an O(1) copy: whoever looks through it does so outside the actor.
package struct StoredRows<ID: StoredIdentifier, Row: Sendable>: Sequence, Sendable {
    private let table: TreeDictionary<ID, Row>

    init(_ table: TreeDictionary<ID, Row>) {
        self.table = table
    }

    /// Yields the rows in no particular order.
    package struct Iterator: IteratorProtocol {
        private var rows: TreeDictionary<ID, Row>.Values.Iterator

        fileprivate init(_ table: TreeDictionary<ID, Row>) {
            rows = table.values.makeIterator()
        }

        /// The next row.
        package mutating func next() -> Row? {
            rows.next()
        }
    }

    /// Starts at some row.
    package func makeIterator() -> Iterator {
        Iterator(table)
    }
}
