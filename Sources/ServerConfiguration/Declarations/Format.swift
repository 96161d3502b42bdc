import OAuthProtocol

/// What may be written for a value: how it is read, and how the page and the schema describe it.
struct Format<Value: Sendable>: Sendable {
    /// Reads a value, or returns `nil` after what is wrong was reported; a section is read into the current value.
    let read: @Sendable (ConfigurationCursor, Value?, DecodingContext) -> Value?

    /// Writes a value as JSON; `nil` for what a configuration cannot say.
    let write: @Sendable (Value) -> JSONValue?

    /// Describes what may be written; a section's keys have the defaults of the value.
    let shape: @Sendable (Value?) -> KeyShape

    /// Replaces the secrets in a value at a path.
    let replaceSecrets: @Sendable (String, inout Value, SecretReplacement) -> Void

    /// Lists the files that a value at a path names.
    let files: @Sendable (String, Value) -> [ConfiguredFile]

    /// Names what differs between two values, which are not equal.
    let changes: @Sendable (String, Value, Value) -> [KeyChange]

    init(
        read: @escaping @Sendable (ConfigurationCursor, Value?, DecodingContext) -> Value?,
        write: @escaping @Sendable (Value) -> JSONValue?,
        shape: @escaping @Sendable (Value?) -> KeyShape,
        replaceSecrets: @escaping @Sendable (String, inout Value, SecretReplacement) -> Void = { _, _, _ in },
        files: @escaping @Sendable (String, Value) -> [ConfiguredFile] = { _, _ in [] },
        changes: @escaping @Sendable (String, Value, Value) -> [KeyChange] = { path, _, _ in [KeyChange(path: path)] }
    ) {
        self.read = read
        self.write = write
        self.shape = shape
        self.replaceSecrets = replaceSecrets
        self.files = files
        self.changes = changes
    }

    /// A format of values without keys, secrets and files.
    init(
        _ words: String,
        schema: JSONObject,
        read: @escaping @Sendable (ConfigurationCursor, DecodingContext) -> Value?,
        write: @escaping @Sendable (Value) -> JSONValue?
    ) {
        self.init(
            read: { cursor, _, context in read(cursor, context) },
            write: write,
            shape: { _ in .value(words: words, schema: schema) }
        )
    }
}

extension Format {
    /// The same format for a property that is `nil` without the key.
    init<Wrapped>(_ format: Format<Wrapped>) where Value == Wrapped? {
        self.init(
            read: { cursor, value, context in format.read(cursor, value ?? nil, context) },
            write: { $0.flatMap(format.write) },
            shape: { format.shape($0 ?? nil) },
            replaceSecrets: { path, value, replace in
                guard var unwrapped = value else { return }
                format.replaceSecrets(path, &unwrapped, replace)
                value = unwrapped
            },
            files: { path, value in value.map { format.files(path, $0) } ?? [] }
        )
    }

    /// A map with declared keys.
    static func section(_ section: KeySection<Value>) -> Format {
        Format(
            read: { cursor, value, context in
                guard let map = cursor.section() else { return nil }
                var decoded = value ?? section.blank
                section.decode(map, into: &decoded, context)
                return decoded
            },
            write: { _ in [:] },
            shape: { value in
                .section(section.descriptions(value ?? section.blank), schemaRules: section.schemaRules)
            },
            replaceSecrets: { path, value, replace in
                for key in section.keys { key.replaceSecrets("\(path).\(key.name)", &value, replace) }
            },
            files: { path, value in section.keys.flatMap { $0.files("\(path).\($0.name)", value) } },
            changes: { path, old, new in
                section.keys.flatMap { $0.changes("\(path).\($0.name)", from: old, to: new) }
            }
        )
    }

    /// A list of an element's format, described in words for the page.
    ///
    /// With a noun, at least one element must name such a thing; a unique list refuses an element that it has already.
    static func list<Element: Equatable>(
        of element: Format<Element>,
        _ words: String = "list",
        atLeastOne noun: String? = nil,
        isUnique: Bool = false
    ) -> Format where Value == [Element] {
        Format(
            read: { cursor, _, context in
                guard let elements = cursor.elements() else { return nil }
                if let noun, elements.isEmpty { cursor.refuse("must name at least one \(noun)") }
                return elements.reduce(into: []) { values, cursor in
                    guard let value = element.read(cursor, nil, context) else { return }
                    guard !isUnique || !values.contains(value) else { return cursor.refuseRepetition() }
                    values.append(value)
                }
            },
            write: { values in
                let written = values.compactMap(element.write)
                return written.count == values.count ? .array(written) : nil
            },
            shape: { _ in
                .list(element.shape(nil), words: words, countMin: noun == nil ? 0 : 1, isUnique: isUnique)
            },
            replaceSecrets: { path, values, replace in
                for index in values.indices { element.replaceSecrets("\(path)[\(index)]", &values[index], replace) }
            },
            files: { path, values in
                values.enumerated().flatMap { index, value in element.files("\(path)[\(index)]", value) }
            }
        )
    }
}
