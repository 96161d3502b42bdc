package import OAuthProtocol

/// JSON Schema, draft 2020-12: the configuration file's schema, for editors, made of the declared keys.
///
/// It accepts every file that the server accepts. What it cannot say, such as the bounds of a duration or the rules
/// between keys, is left to `check-config`.
package enum ConfigurationSchema {
    /// The schema.
    package static var document: JSONObject {
        let root = Configuration.keys
        var document: JSONObject = [
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Gatehouse configuration",
            "description": "The configuration file of the OAuth authorization server for MCP.",
        ]
        let rules = section(root.descriptions(root.blank), rules: root.schemaRules, isInList: false)
        for (name, value) in rules.members { document[name] = value }
        return document
    }

    private static func section(_ keys: [KeyDescription], rules: JSONObject, isInList: Bool) -> JSONObject {
        // Outside lists an environment variable may give what the file lacks.
        let required = isInList ? keys.filter(\.isRequired).map(\.name) : []
        var schema: JSONObject = [
            // Nothing after a section's name is a section without keys.
            "type": required.isEmpty ? ["object", "null"] : "object",
            "additionalProperties": false,
            "properties": .object(JSONObject(keys.map { ($0.name, .object(property($0, isInList: isInList))) })),
        ]
        if !required.isEmpty { schema["required"] = .strings(required) }
        for (name, value) in rules.members { schema[name] = value }
        return schema
    }

    private static func property(_ key: KeyDescription, isInList: Bool) -> JSONObject {
        var schema: JSONObject = ["description": .string(key.fullText)]
        for (name, value) in self.schema(of: key.shape, isInList: isInList).members { schema[name] = value }
        if key.fallback == nil, let initial = key.initial, initial != [:] { schema["default"] = initial }
        return schema
    }

    private static func schema(of shape: KeyShape, isInList: Bool) -> JSONObject {
        switch shape {
        case .value(_, let schema): schema
        case .secret: secret(isInList: isInList)
        case .secrets:
            [
                "anyOf": [
                    .object(secret(isInList: isInList)),
                    .object(.list(of: secret(isInList: true), countMin: 1, isUnique: true)),
                ]
            ]
        case .section(let keys, let rules): section(keys, rules: rules, isInList: isInList)
        case .list(let element, _, let countMin, let isUnique):
            .list(of: schema(of: element, isInList: true), countMin: countMin, isUnique: isUnique)
        }
    }
}

extension ConfigurationSchema {
    private static func secret(isInList: Bool) -> JSONObject {
        section(KeyDescription.secretKeys, rules: ["type": "object", "minProperties": 1], isInList: isInList)
    }
}

extension KeyDescription {
    /// What the key is for, with the values that a schema cannot check and the default that it cannot write.
    fileprivate var fullText: String {
        var sentences = [text]
        if case .value(let words, _) = shape { sentences.append("Value: \(words).") }
        if let fallback { sentences.append("Default: \(fallback).") }
        return sentences.joined(separator: " ")
    }
}
