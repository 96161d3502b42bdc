import OAuthProtocol

/// A declared key without its types: what the table of keys, the reference page and the JSON Schema are made of.
struct KeyDescription: Sendable {
    /// The name in its section.
    let name: String

    /// What the key is for, in Markdown.
    let text: String

    /// Whether the key must be there.
    let isRequired: Bool

    /// The default as a value of JSON, where it can be written as one.
    let initial: JSONValue?

    /// The default in words, where its value does not say it.
    let fallback: String?

    /// What may be written.
    let shape: KeyShape

    /// Whether a running server takes a new value.
    var isReloaded = false
}

extension KeyDescription {
    /// The keys of every secret.
    static let secretKeys = [
        KeyDescription(textKey: "file", "The path of a file that holds the secret; it wins over `env`."),
        KeyDescription(textKey: "env", "The name of an environment variable that holds the secret."),
    ]

    private init(textKey name: String, _ text: String) {
        self.init(
            name: name,
            text: text,
            isRequired: false,
            initial: nil,
            fallback: nil,
            shape: .value(words: "text", schema: .text)
        )
    }
}

/// What may be written after a key.
indirect enum KeyShape: Sendable {
    /// A value without keys of ours, in words for the page and as a JSON Schema.
    case value(words: String, schema: JSONObject)

    /// Where a secret is kept.
    case secret

    /// Where a secret is kept, or a list of such places.
    case secrets

    /// A map with the keys that are described.
    case section([KeyDescription], schemaRules: JSONObject)

    /// A list of such values, in words for the page.
    case list(KeyShape, words: String, countMin: Int, isUnique: Bool)

    /// The keys of a section or of the sections of a list; empty for other values.
    var keys: [KeyDescription] {
        switch self {
        case .value: []
        case .secret, .secrets: KeyDescription.secretKeys
        case .section(let keys, _): keys
        case .list(let element, _, _, _): element.keys
        }
    }

    /// What the path of a key in the section has between the section's own path and the dot: `[]` for a list.
    var pathSuffix: String {
        if case .list = self { "[]" } else { "" }
    }
}
