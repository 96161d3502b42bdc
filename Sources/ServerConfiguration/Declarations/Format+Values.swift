import OAuthProtocol

// The formats of single values and of lists of them.

extension Format where Value == Bool {
    /// `true` or `false`.
    static var flag: Format {
        Format(
            "`true` or `false`",
            schema: ["type": "boolean"],
            read: { cursor, _ in cursor.bool() },
            write: { .bool($0) }
        )
    }
}

extension Format where Value == Int {
    /// A whole number within bounds.
    static func integer(_ bounds: ClosedRange<Int>) -> Format {
        Format(
            "\(bounds.lowerBound) to \(bounds.upperBound)",
            schema: [
                "type": "integer", "minimum": .integer(bounds.lowerBound), "maximum": .integer(bounds.upperBound),
            ],
            read: { cursor, _ in cursor.integer(in: bounds) },
            write: { .integer($0) }
        )
    }
}

extension Format where Value == Duration {
    /// A duration within bounds.
    static func duration(_ bounds: ClosedRange<Duration>) -> Format {
        Format(
            "duration, \(DurationText.format(bounds.lowerBound)) to \(DurationText.format(bounds.upperBound))",
            schema: ["type": "string", "pattern": .string(DurationText.pattern), "minLength": 2],
            read: { cursor, _ in cursor.duration(in: bounds) },
            write: { .string(DurationText.format($0)) }
        )
    }
}

extension Format where Value: RawRepresentable<String> & CaseIterable {
    /// One of an enumeration's words.
    static var choice: Format { choice(among: Array(Value.allCases)) }

    /// One of some of an enumeration's words.
    static func choice(among choices: [Value]) -> Format { choice(among: choices) { $0.rawValue } }
}

extension Format {
    /// One of some values, by its name.
    static func choice(among choices: [Value], named name: @escaping @Sendable (Value) -> String) -> Format {
        let names = choices.map(name)
        return Format(
            names.map { "`\($0)`" }.joined(separator: ", "),
            schema: ["enum": .strings(names)],
            read: { cursor, _ in cursor.choice(among: choices, named: name) },
            write: { .string(name($0)) }
        )
    }
}

/// Says what is wrong with a text, as a message says it after the key's name; `nil` for nothing.
typealias TextRule = @Sendable (String, DecodingContext) -> String?

extension JSONObject {
    /// The JSON Schema of a text: YAML calls some of them numbers or truth values, such as the client id `42`.
    static var text: JSONObject { ["type": ["string", "number", "boolean"], "minLength": 1] }

    /// The JSON Schema of a URL.
    static var url: JSONObject { ["type": "string", "format": "uri"] }
}

extension JSONObject {
    /// The JSON Schema of a list; nothing after the key is an empty one.
    static func list(of element: JSONObject, countMin: Int = 0, isUnique: Bool = false) -> JSONObject {
        var schema: JSONObject = ["type": countMin > 0 ? "array" : ["array", "null"]]
        if countMin > 0 { schema["minItems"] = .integer(countMin) }
        if isUnique { schema["uniqueItems"] = true }
        schema["items"] = .object(element)
        return schema
    }

    /// The JSON Schema of a map with free keys; nothing after the key is an empty one.
    static func map(to value: JSONObject, except names: Set<String> = []) -> JSONObject {
        var schema: JSONObject = ["type": ["object", "null"], "additionalProperties": .object(value)]
        if !names.isEmpty { schema["propertyNames"] = ["not": ["enum": .strings(names.sorted())]] }
        return schema
    }
}

extension Format where Value == String {
    /// One line of text.
    static func text(_ words: String = "text", schema: JSONObject = .text, _ rule: @escaping TextRule) -> Format {
        Format(
            words,
            schema: schema,
            read: { cursor, context in cursor.string { rule($0, context) } },
            write: { .string($0) }
        )
    }

    /// One line of text that passes a rule.
    static func text(
        _ words: String = "text",
        schema: JSONObject = .text,
        _ rule: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> Format {
        text(words, schema: schema) { text, _ in rule(text) }
    }

    /// A client id, or another identifier that travels in the same parameters.
    static var clientID: Format {
        text("printable ASCII without spaces", ConfigurationRules.clientIDObjection)
    }

    /// A URL that we fetch or send a browser to.
    static var endpoint: Format {
        text("URL", schema: .url) {
            ConfigurationRules.endpointObjection($0, allowsInsecureHTTP: $1.allowsInsecureHTTP)
        }
    }

    /// The issuer identifier of a provider.
    static var providerIssuer: Format {
        text("URL", schema: .url) {
            ConfigurationRules.upstreamIssuerObjection($0, allowsInsecureHTTP: $1.allowsInsecureHTTP)
        }
    }
}

extension Format where Value == [String] {
    /// A list of texts, each once.
    static func texts(
        _ words: String,
        schema: JSONObject = .text,
        atLeastOne noun: String? = nil,
        _ rule: @escaping TextRule
    ) -> Format {
        list(of: .text(schema: schema, rule), words, atLeastOne: noun, isUnique: true)
    }

    /// A list of texts, each once, that pass a rule.
    static func texts(
        _ words: String,
        schema: JSONObject = .text,
        atLeastOne noun: String? = nil,
        _ rule: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> Format {
        texts(words, schema: schema, atLeastOne: noun) { text, _ in rule(text) }
    }
}

extension Format where Value == ScopeSet {
    /// A list of scopes, each once, that pass a further rule.
    static func scopes(_ words: String, _ rule: @escaping TextRule = { _, _ in nil }) -> Format {
        let texts = Format<[String]>.texts(words) { ConfigurationRules.scopeObjection($0) ?? rule($0, $1) }
        return Format(
            read: { cursor, _, context in texts.read(cursor, nil, context).map { ScopeSet($0) } },
            write: { texts.write($0.tokens) },
            shape: { _ in texts.shape(nil) }
        )
    }
}
