import OAuthProtocol

extension Format where Value == ValuePattern {
    /// A text, or a pattern with `*` and `**`.
    static var valuePattern: Format {
        let text = Format<String>.text("text; `*` is a run without `/` and `:`, `**` any run") { text in
            text.utf8.count <= ValuePattern.byteCountMax
                ? nil : "must be at most \(ValuePattern.byteCountMax) bytes"
        }
        return Format(
            read: { cursor, _, context in text.read(cursor, nil, context).map(ValuePattern.init) },
            write: { .string($0.text) },
            shape: { _ in text.shape(nil) }
        )
    }
}

extension Format where Value == ClaimRule {
    /// A map of claims to values, all of which must be right, with `all` and `any` for lists of further maps.
    static var claimRule: Format {
        Format(
            "map of claims to a value or a list of values, with `*` and `**`; `all` and `any` take lists of such maps",
            schema: ["type": "object", "minProperties": 1],
            read: { cursor, _ in cursor.claimRule(depth: 0) },
            write: { $0.json }
        )
    }
}

extension Format where Value == [String: ClaimRule] {
    /// A map of scopes to rules about their users.
    static var scopeRules: Format {
        Format(
            "map of scopes to rules as in `allow`",
            schema: .map(to: ["type": "object", "minProperties": 1]),
            read: { cursor, _ in
                cursor.entries().reduce(into: [:]) { rules, entry in
                    if let rule = entry.value.claimRule(depth: 0) { rules[entry.name] = rule }
                }
            },
            write: { rules in
                .object(JSONObject(rules.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }))
            }
        )
    }
}

extension ConfigurationCursor {
    fileprivate func claimRule(depth: Int) -> ClaimRule? {
        guard depth < ClaimRule.depthMax else { return refused("is nested too deeply") }
        guard case .map(let members) = node.content, !members.isEmpty else {
            return refused("must be a map of claims and values")
        }
        let rules = entries().compactMap { name, value -> ClaimRule? in
            guard ClaimRule.combinators.contains(name) else { return value.claimValues(of: name) }
            guard let elements = value.elements() else { return nil }
            guard !elements.isEmpty else { return value.refused("must name at least one rule") }
            let rules = elements.compactMap { $0.claimRule(depth: depth + 1) }
            return name == "all" ? .all(rules) : .any(rules)
        }
        return rules.count == 1 ? rules[0] : .all(rules)
    }

    private func claimValues(of name: String) -> ClaimRule? {
        let texts: [String]?
        if case .list = node.content { texts = strings() } else { texts = string().map { [$0] } }
        guard let texts else { return nil }
        guard !texts.isEmpty else { return refused("must name at least one value") }
        guard texts.allSatisfy({ $0.utf8.count <= ValuePattern.byteCountMax }) else {
            return refused("must be at most \(ValuePattern.byteCountMax) bytes")
        }
        return .claim(name, anyOf: texts.map(ValuePattern.init))
    }
}

extension ClaimRule {
    fileprivate var json: JSONValue {
        switch self {
        case .claim(let path, let patterns): .object(JSONObject([(path, .strings(patterns.map(\.text)))]))
        case .all(let rules): .object(JSONObject([("all", .array(rules.map(\.json)))]))
        case .any(let rules): .object(JSONObject([("any", .array(rules.map(\.json)))]))
        }
    }
}
