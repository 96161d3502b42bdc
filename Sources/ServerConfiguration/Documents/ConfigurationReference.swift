import OAuthProtocol

/// The page of the documentation that lists every key, made of the declared keys.
package enum ConfigurationReference {
    /// The page in Markdown, without the line break at its end.
    package static var page: String {
        let keys = Configuration.keys.descriptions(Configuration.keys.blank)
        let single = keys.filter { $0.shape.keys.isEmpty }
        let sections = keys.filter { !$0.shape.keys.isEmpty }
        return
            ([introduction, reloading(keys), "## Single keys\n\n" + table(single, below: "")] + sections.map(section))
            .joined(separator: "\n\n")
    }

    private static let introduction = """
        # Configuration reference

        Every key of the configuration file, its values and its default.

        ## Overview

        <!-- Made by `make reference` from the keys that ServerConfiguration declares; edit those. -->

        The configuration is one YAML file. An unknown key, a value out of bounds or a secret written into the file stops the
        start, and each is reported with the key's path and line; `gatehouse check-config --config FILE` reports the same
        without starting anything.

        Each key outside lists can also be set by an environment variable: `GATEHOUSE_` and the key's path in capitals, with
        dots as underscores, so `tokens.access_token_lifetime` is `GATEHOUSE_TOKENS_ACCESS_TOKEN_LIFETIME`. Lists and maps are
        YAML in its flow form: `GATEHOUSE_SCOPES='[openid, "mcp:read"]'`. A variable with that prefix that names no key stops
        the start.

        A *secret* is `{file: PATH}` or `{env: VARIABLE}`; the file wins when both are given, and surrounding whitespace is
        trimmed. Where a list of secrets may be written, the newest is the first: of secrets that are shown to us any is
        accepted, and of ours the newest is shown first. SIGHUP reads the files again. A *duration* is a number with a unit, such as `30s`, `5m`, `1h30m` or `7d`. In `listen[]` and its like, `[]` is
        each element of the list.

        `gatehouse config schema` prints a JSON Schema (draft 2020-12) of the file, with which an editor completes and checks
        it. The YAML language server finds the schema by a comment in the file's first line,
        `# yaml-language-server: $schema=PATH`.
        """

    /// What a running server takes, and what it does not.
    private static func reloading(_ keys: [KeyDescription]) -> String {
        var taken: [String] = []
        var left: [String] = []
        for key in keys {
            if key.isReloaded {
                taken.append(key.name)
            } else if case .section(let children, _) = key.shape, children.contains(where: \.isReloaded) {
                taken += children.filter(\.isReloaded).map { "\(key.name).\($0.name)" }
                left += children.filter { !$0.isReloaded }.map { "\(key.name).\($0.name)" }
            } else {
                left.append(key.name)
            }
        }
        return """
            ## What a reload takes

            SIGHUP and `gatehouse reload` read the file again. If it is valid, and only keys of the first row differ, all \
            changes take effect in one step; otherwise nothing changes, and the log and the command say why. Secrets, \
            certificates and key files of every key are read again in any case.

            | | Keys |
            |---|---|
            | taken by a reload | \(taken.map { "`\($0)`" }.joined(separator: ", ")) |
            | need a restart | \(left.map { "`\($0)`" }.joined(separator: ", ")) |
            """
    }

    private static func section(_ key: KeyDescription) -> String {
        let path = key.name + key.shape.pathSuffix
        var paragraphs = ["## \(path)", key.text]
        if let fallback = key.fallback { paragraphs.append("Default: \(fallback).") }
        paragraphs.append(table(key.shape.keys, below: path + "."))
        return paragraphs.joined(separator: "\n\n")
    }

    private static func table(_ keys: [KeyDescription], below parent: String) -> String {
        (["| Key | Value | Default | Meaning |", "|---|---|---|---|"] + rows(keys, below: parent))
            .joined(separator: "\n")
    }

    private static func rows(_ keys: [KeyDescription], below parent: String) -> [String] {
        keys.flatMap { key in
            let path = parent + key.name
            let cells = ["`\(path)`", key.shape.words, key.fallbackText, key.text]
            let row = "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
            switch key.shape {
            case .section(let keys, _): return [row] + rows(keys, below: path + ".")
            case .list(.section(let keys, _), _, _, _): return [row] + rows(keys, below: path + "[].")
            default: return [row]
            }
        }
    }
}

extension KeyShape {
    /// What may be written, in words.
    fileprivate var words: String {
        switch self {
        case .value(let words, _): words
        case .secret: "secret"
        case .secrets: "secret, or a list of them"
        case .section: "map"
        case .list(_, let words, _, _): words
        }
    }
}

extension KeyDescription {
    /// The default, in words or as a value.
    fileprivate var fallbackText: String {
        if isRequired { return "required" }
        if let fallback { return fallback }
        if case .section = shape { return initial == nil ? "none" : "see its keys" }
        return initial.flatMap(\.flowText).map { "`\($0)`" } ?? "none"
    }
}

extension JSONValue {
    /// The value in YAML's flow form; `nil` for one without content.
    fileprivate var flowText: String? {
        switch self {
        case .null: nil
        case .bool(let value): "\(value)"
        case .number(let number): number.text
        case .string(let text): text
        case .array(let values):
            values.isEmpty ? nil : "[" + values.compactMap(\.flowText).joined(separator: ", ") + "]"
        case .object(let object):
            object.isEmpty
                ? nil
                : "{" + object.members.map { "\($0.name): \($0.value.flowText ?? "")" }.joined(separator: ", ") + "}"
        }
    }
}
