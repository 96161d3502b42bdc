import OAuthProtocol

/// One key of a section, declared once: its name, its value's format, its default and what it is for.
///
/// Everything that knows the keys derives from these declarations: decoding, environment variables, suggestions for
/// unknown keys, the secrets and files that a host reads, the reference page and the JSON Schema. The default is the
/// initial value of the property that the key sets.
struct Key<Section: Sendable>: Sendable {
    let name: String
    let isRequired: Bool
    let read: @Sendable (ConfigurationCursor, inout Section, DecodingContext) -> Void
    let describe: @Sendable (Section) -> KeyDescription
    private(set) var replaceSecrets: @Sendable (String, inout Section, SecretReplacement) -> Void
    let files: @Sendable (String, Section) -> [ConfiguredFile]
    /// Whether a running server takes a new value; otherwise it needs a restart.
    private(set) var isReloaded = false
    private let differences: @Sendable (String, Section, Section) -> [KeyChange]

    /// Declares a key that sets a property.
    ///
    /// - Parameters:
    ///   - name: The name in the section.
    ///   - property: What the key sets; its value in a new section is the default.
    ///   - format: What may be written.
    ///   - isRequired: Whether the key must be there.
    ///   - fallback: The default in words, where the property's initial value does not say it.
    ///   - text: What the key is for, in Markdown.
    init<Value: Equatable>(
        _ name: String,
        _ property: any WritableKeyPath<Section, Value> & Sendable,
        _ format: Format<Value>,
        isRequired: Bool = false,
        default fallback: String? = nil,
        _ text: String
    ) {
        self.name = name
        self.isRequired = isRequired
        read = { cursor, section, context in
            guard let value = format.read(cursor, section[keyPath: property], context) else { return }
            section[keyPath: property] = value
        }
        describe = { section in
            let value = section[keyPath: property]
            return KeyDescription(
                name: name,
                text: text,
                isRequired: isRequired,
                initial: isRequired ? nil : format.write(value),
                fallback: fallback,
                shape: format.shape(value)
            )
        }
        replaceSecrets = { path, section, replace in
            let value = section[keyPath: property]
            var replaced = value
            format.replaceSecrets(path, &replaced, replace)
            // Not written back otherwise: a property that is a second spelling of another one would overwrite it.
            if replaced != value { section[keyPath: property] = replaced }
        }
        files = { path, section in format.files(path, section[keyPath: property]) }
        differences = { path, old, new in
            let (old, new) = (old[keyPath: property], new[keyPath: property])
            return old == new ? [] : format.changes(path, old, new)
        }
    }

    /// Declares a key that sets a property which is `nil` without it.
    init<Value: Equatable>(
        _ name: String,
        _ property: any WritableKeyPath<Section, Value?> & Sendable,
        _ format: Format<Value>,
        isRequired: Bool = false,
        default fallback: String? = nil,
        _ text: String
    ) {
        self.init(name, property, Format<Value?>(format), isRequired: isRequired, default: fallback, text)
    }

    /// Declares where a secret that callers present to us, and that strangers can therefore guess, is kept, or several.
    ///
    /// The host refuses each that is too short, unless the section permits it (``shortSecret(_:)``).
    init(
        credential name: String,
        _ property: any WritableKeyPath<Section, SecretReference?> & Sendable,
        unless allowsShort: any KeyPath<Section, Bool> & Sendable,
        default fallback: String? = nil,
        _ text: String
    ) {
        self.init(name, property, .secrets(), default: fallback, text)
        replaceSecrets = { path, section, replace in
            guard var reference = section[keyPath: property] else { return }
            let content = section[keyPath: allowsShort] ? SecretContent.text : .credential
            Format<SecretReference>.secrets(holding: content).replaceSecrets(path, &reference, replace)
            section[keyPath: property] = reference
        }
    }

    /// The same key, whose new value a running server takes at a reload, with everything below it.
    var reloaded: Key {
        var key = self
        key.isReloaded = true
        return key
    }

    /// What differs between two sections at this key.
    func changes(_ path: String, from old: Section, to new: Section) -> [KeyChange] {
        differences(path, old, new).map { KeyChange(path: $0.path, isReloaded: $0.isReloaded || isReloaded) }
    }

    /// Declares the key that permits a short secret in its section.
    static func shortSecret(_ property: any WritableKeyPath<Section, Bool> & Sendable) -> Key {
        Key(
            "allow_short_secret",
            property,
            .flag,
            "Whether the start accepts a secret in this section that is short enough to be guessed."
        )
    }
}

/// The keys of a section, in the order of the page, and what must hold between them.
struct KeySection<Section: Sendable>: Sendable {
    /// A section without any key: the source of the defaults, and what a list's element is decoded into.
    let blank: Section
    let keys: [Key<Section>]

    /// What the values of the section's keys are read within, before each of them.
    let context: @Sendable (ConfigurationCursor, Section, inout DecodingContext) -> Void

    /// Checks what no key can check alone, and completes what follows from several keys.
    let finish: @Sendable (ConfigurationCursor, inout Section, DecodingContext) -> Void

    /// What the JSON Schema says of the section besides its keys.
    let schemaRules: JSONObject

    init(
        _ blank: Section,
        schemaRules: JSONObject = [:],
        @KeyListBuilder<Section> keys: () -> [Key<Section>],
        context: @escaping @Sendable (ConfigurationCursor, Section, inout DecodingContext) -> Void = { _, _, _ in },
        finish: @escaping @Sendable (ConfigurationCursor, inout Section, DecodingContext) -> Void = { _, _, _ in }
    ) {
        self.blank = blank
        self.keys = keys()
        self.context = context
        self.finish = finish
        self.schemaRules = schemaRules
    }

    /// Reads every key into a section; what is wrong is reported, and the section keeps what it had.
    func decode(_ cursor: ConfigurationCursor, into section: inout Section, _ outer: DecodingContext) {
        var context = outer
        for key in keys {
            self.context(cursor, section, &context)
            if let child = cursor[key.name] {
                key.read(child, &section, context)
            } else if key.isRequired {
                cursor.reportMissing(key.name)
            }
        }
        self.context(cursor, section, &context)
        finish(cursor, &section, context)
    }

    /// Describes every key, with the defaults of a section.
    func descriptions(_ section: Section) -> [KeyDescription] {
        keys.map { key in
            var description = key.describe(section)
            description.isReloaded = key.isReloaded
            return description
        }
    }
}

/// What the values of a section are read within: settings that the meaning of others depends on.
struct DecodingContext: Sendable {
    /// What has been decoded so far; a later key may name what an earlier one configured.
    var configuration: Configuration

    /// Whether URLs may be plain http here.
    var allowsInsecureHTTP = false
}

/// Collects the keys of a section, each type-checked on its own, and lists of further keys.
@resultBuilder
enum KeyListBuilder<Section: Sendable> {
    static func buildExpression(_ key: Key<Section>) -> [Key<Section>] { [key] }
    static func buildExpression(_ keys: [Key<Section>]) -> [Key<Section>] { keys }
    static func buildBlock(_ keys: [Key<Section>]...) -> [Key<Section>] { keys.flatMap { $0 } }
}
