/// A dictionary with text keys that drops its oldest entries beyond a bound.
struct BoundedTable<Value> {
    private let countMax: Int
    private var values: [String: Value] = [:]
    private var order: [String] = []
    /// How many leading entries of `order` have been removed.
    private var forgottenCount = 0

    init(countMax: Int) {
        self.countMax = countMax
    }

    subscript(key: String) -> Value? {
        get { values[key] }
        set {
            guard let newValue else {
                values[key] = nil
                return
            }
            if values.updateValue(newValue, forKey: key) == nil { order.append(key) }
            while order.count - forgottenCount > countMax { forgetOldest() }
        }
    }

    /// Removes and returns an entry.
    mutating func remove(_ key: String) -> Value? {
        values.removeValue(forKey: key)
    }

    /// Removes and returns all entries that match.
    mutating func removeAll(where matches: (Value) -> Bool) {
        for (key, value) in values where matches(value) { values[key] = nil }
    }

    private mutating func forgetOldest() {
        values[order[forgottenCount]] = nil
        forgottenCount += 1
        guard forgottenCount > countMax else { return }
        order.removeFirst(forgottenCount)
        forgottenCount = 0
    }
}
