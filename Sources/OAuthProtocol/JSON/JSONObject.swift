/// A JSON object: members in the order in which they occurred, each name once.
package struct JSONObject: Sendable, ExpressibleByDictionaryLiteral {
    /// The members in order of insertion.
    package private(set) var members: [(name: String, value: JSONValue)] = []

    /// Makes an empty object.
    package init() {}

    /// Makes an object from a literal; of two equal names the later value is kept.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements)
    }

    /// Makes an object from pairs; of two equal names the later value is kept.
    package init(_ pairs: some Sequence<(String, JSONValue)>) {
        for (name, value) in pairs { self[name] = value }
    }

    /// Takes members whose names the parser has found to differ.
    init(distinctMembers members: [(name: String, value: JSONValue)]) {
        self.members = members
    }

    /// The value of a member; setting replaces it in place or appends it, setting `nil` removes it.
    package subscript(name: String) -> JSONValue? {
        get { members.first { $0.name == name }?.value }
        set {
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append((name, value))
            case (nil, nil): break
            }
        }
    }

    /// The number of members.
    package var count: Int { members.count }

    /// Whether the object has no members.
    package var isEmpty: Bool { members.isEmpty }

    /// The names of the members, in order.
    package var names: [String] { members.map(\.name) }
}

extension JSONObject: Hashable {
    /// Objects are equal if they have the same members in any order (RFC 8259 §4: objects are unordered).
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.name] == $0.value }
    }

    /// Hashes the members without regard to their order.
    package func hash(into hasher: inout Hasher) {
        var combined = 0
        for member in members {
            var memberHasher = hasher
            memberHasher.combine(member.name)
            memberHasher.combine(member.value)
            combined ^= memberHasher.finalize()
        }
        hasher.combine(combined)
        hasher.combine(count)
    }
}
