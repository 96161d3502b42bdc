package import OAuthProtocol

/// Scopes, and what some of them mean in words for people.
package struct DescribedScopes: Hashable, Sendable {
    /// The scopes.
    package var scopes: ScopeSet

    /// What a scope allows, as a phrase that completes "On your behalf it may".
    package var descriptions: [String: String]

    /// Scopes with descriptions of some of them.
    package init(_ scopes: ScopeSet, descriptions: [String: String] = [:]) {
        self.scopes = scopes
        self.descriptions = descriptions
    }
}

extension Format where Value == DescribedScopes {
    /// A list of scopes, each by its name alone or as `{name, description}`.
    static func describedScopes(_ rule: @escaping TextRule = { _, _ in nil }) -> Format {
        let name = Format<String>.text { ConfigurationRules.scopeObjection($0) ?? rule($0, $1) }
        let section = KeySection(DescribedScope()) {
            Key("name", \.name, name, isRequired: true, "The scope.")
            Key("description", \.words, .text("text", ConfigurationRules.personTextObjection), "What it allows.")
        }
        return Format(
            "list of scopes, each a name or `{name, description}`",
            schema: .list(of: ["oneOf": [.object(.text), .object(DescribedScope.schema)]], isUnique: true),
            read: { cursor, context in
                guard let elements = cursor.elements() else { return nil }
                var scopes: [DescribedScope] = []
                for element in elements {
                    var scope = DescribedScope()
                    if case .map = element.node.content {
                        for (key, value) in element.entries() where !["name", "description"].contains(key) {
                            value.refuse("unknown key; known keys: name, description")
                        }
                        section.decode(element, into: &scope, context)
                    } else if let text = name.read(element, nil, context) {
                        scope.name = text
                    }
                    guard !scope.name.isEmpty else { continue }
                    guard !scopes.contains(where: { $0.name == scope.name }) else {
                        element.refuseRepetition()
                        continue
                    }
                    scopes.append(scope)
                }
                return DescribedScopes(
                    ScopeSet(scopes.map(\.name)),
                    descriptions: scopes.reduce(into: [:]) { $0[$1.name] = $1.words }
                )
            },
            write: { value in
                .array(
                    value.scopes.tokens.map { scope in
                        guard let words = value.descriptions[scope] else { return .string(scope) }
                        return ["name": .string(scope), "description": .string(words)]
                    }
                )
            }
        )
    }
}

private struct DescribedScope: Sendable {
    var name = ""
    var words: String?

    static let schema: JSONObject = [
        "type": "object", "required": ["name"], "additionalProperties": false,
        "properties": [
            "name": ["type": "string", "minLength": 1], "description": ["type": "string", "minLength": 1],
        ],
    ]
}

extension ConfigurationRules {
    /// A text that pages show to people.
    static func personTextObjection(_ text: String) -> String? {
        text.count <= 200 ? nil : "must have at most 200 characters"
    }
}
