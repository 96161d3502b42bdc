import HashTreeCollections

/// The values that belong to a key: an index beside a table, updated with every change of it.
///
/// A single value, the usual case, is stored in the tree itself; several are a tree of their own, so that no number of
/// them makes a change slow.
struct IndexTable<Key: Hashable & Sendable, Value: Hashable & Sendable>: Sendable {
    private enum Values: Sendable {
        case one(Value)
        case several(TreeSet<Value>)
    }

    private var table: TreeDictionary<Key, Values> = [:]

    /// The number of keys that have a value.
    var count: Int { table.count }

    /// The values of a key, in no particular order.
    subscript(key: Key) -> [Value] {
        switch table[key] {
        case nil: []
        case .one(let value): [value]
        case .several(let values): Array(values)
        }
    }

    /// How many values a key has.
    func count(of key: Key) -> Int {
        switch table[key] {
        case nil: 0
        case .one: 1
        case .several(let values): values.count
        }
    }

    /// Up to `limit` of a key's values.
    func values(of key: Key, limit: Int) -> [Value] {
        if case .several(let values) = table[key] { return Array(values.prefix(limit)) }
        return Array(self[key].prefix(limit))
    }

    mutating func insert(_ value: Value, for key: Key) {
        Self.insert(value, into: &table[key])
    }

    mutating func remove(_ value: Value, for key: Key) {
        Self.remove(value, from: &table[key])
    }

    private static func insert(_ value: Value, into values: inout Values?) {
        switch values {
        case nil: values = .one(value)
        case .one(value): break
        case .one(let other): values = .several([other, value])
        case .several(var several):
            // The only reference, so that the tree is changed in place.
            values = nil
            several.insert(value)
            values = .several(several)
        }
    }

    private static func remove(_ value: Value, from values: inout Values?) {
        switch values {
        case nil: break
        case .one(let only): if only == value { values = nil }
        case .several(var several):
            values = nil
            several.remove(value)
            values = several.count > 1 ? .several(several) : several.first.map { .one($0) }
        }
    }
}
