import OAuthProtocol
import UpstreamIdentity

extension Configuration.Upstream {
    /// The keys of `type: static`.
    @KeyListBuilder<Configuration.Upstream> static var enteredKeys: [Key<Configuration.Upstream>] {
        Key(
            "fields",
            \.entered.fields,
            .list(of: .section(EnteredCredential.Field.keys), atLeastOne: "field"),
            default: "required for `static`",
            "What users enter, for `type: static`."
        )
        Key(
            "check",
            \.entered.check,
            .section(EnteredCredential.Check.keys),
            default: "none: what is entered is not checked",
            "The request that tells whether a credential works, before it is stored."
        )
        Key(
            "header",
            \.entered.header,
            .text("header field", ConfigurationRules.credentialFieldObjection),
            "The header field that carries the credential to the API."
        )
        Key(
            "format",
            \.entered.format,
            .credentialTemplate,
            default: "the only field",
            "The value of that header field: `{key}`, `Bearer {key}`, or `Basic base64({user}:{token})`."
        )
        Key(
            "expires_after",
            \.entered.lifetime,
            .duration(.seconds(3600) ... .seconds(3650 * 86_400)),
            default: "never",
            "How long a credential lives after it was entered; then its user is asked again."
        )
        Key(
            "remind_before",
            \.entered.reminder,
            .duration(.seconds(3600) ... .seconds(90 * 86_400)),
            "How long before that the page of connections and the audit trail remind of it; for `expires_after`."
        )
    }
}

extension EnteredCredential.Field {
    static let keys = KeySection(Self()) {
        Key(
            "name",
            \.name,
            .text("lower-case letters, digits, underscores", ConfigurationRules.enteredFieldObjection),
            isRequired: true,
            "The name in `format`."
        )
        Key(
            "label",
            \.label,
            .text("text", ConfigurationRules.personTextObjection),
            default: "the name",
            "The words beside the input."
        )
        Key(
            "secret",
            \.isSecret,
            .flag,
            "Whether it is typed unseen and never shown; the others are returned as `upstream_fields`."
        )
        Key(
            "pattern",
            \.pattern,
            .text("simple regular expression") { EnteredPattern($0) == nil ? patternObjection : nil },
            default: "none",
            """
            What the whole value must match: characters, `.`, `\\d`, `\\w` and classes such as `[a-z0-9_]`, each with `?`, \
            `*`, `+` or a count such as `{20,40}`; alternatives, but no groups. At most 256 characters.
            """
        )
        Key("help_url", \.helpURL, .endpoint, default: "none", "Where users find the value.")
    }

    private static let patternObjection =
        "is not a regular expression of characters, classes and counts, without groups, of at most 256 characters"
}

extension EnteredCredential.Check {
    static let keys = KeySection(Self()) {
        Key("method", \.method, .choice, "The method.")
        Key("url", \.url, .endpoint, isRequired: true, "The URL.")
        Key(
            "headers",
            \.fields,
            .headerFields,
            "Further header fields; the credential's own is always sent."
        )
        Key("status", \.status, .integer(200...299), "The status of a working credential.")
    }
}

extension Format where Value == CredentialTemplate {
    /// A header field's value with places for what users enter.
    static var credentialTemplate: Format {
        Format(
            "text with `{field}` and `base64(…)`",
            schema: .text,
            read: { cursor, _ in
                cursor.string { text in
                    CredentialTemplate(text) == nil ? "has a brace or parenthesis that is not closed" : nil
                }.flatMap { CredentialTemplate($0) }
            },
            write: { .string($0.text) }
        )
    }
}

extension ConfigurationRules {
    /// The name of a field that users enter: part of a form's field.
    static func enteredFieldObjection(_ text: String) -> String? {
        let isName =
            1...32 ~= text.utf8.count
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
            }
        return isName ? nil : "\(text) is not a name: lower-case letters, digits and underscores, at most 32"
    }

    /// The header field of a credential: `Authorization`, or one that means nothing else to proxies.
    static func credentialFieldObjection(_ name: String) -> String? {
        name.lowercased() == "authorization" ? nil : answerFieldObjection(name)
    }
}

/// Checks the keys of `type: static`, and that no other upstream has them.
struct EnteredCredentialCheck {
    let section: ConfigurationCursor

    private static let own = ["fields", "check", "header", "format", "expires_after", "remind_before"]
    private static let shared = [
        "name", "type", "former_names", "login", "api", "allow_insecure_http", "allow_private_network",
    ]

    /// Reports what does not go together; `true` for an upstream without a protocol, to which nothing else applies.
    func check(_ upstream: inout Configuration.Upstream) -> Bool {
        guard upstream.preset == .entered else {
            for key in Self.own { section[key]?.refuse("is only for type: static") }
            return false
        }
        for (key, value) in section.entries() where !(Self.own + Self.shared).contains(key) {
            value.refuse("is not for type: static, whose credentials users enter")
        }
        if section["login"] != nil, upstream.login != .onDemand {
            section["login"]?.refuse("must be on_demand; no login visits a type: static")
        }
        upstream.login = .onDemand
        if section["remind_before"] != nil { section.require("expires_after", or: "remind_before needs it") }
        section.require("fields")
        checkFields(upstream.entered)
        return true
    }

    private func checkFields(_ credential: EnteredCredential) {
        let names = credential.fields.map(\.name)
        if names.count > EnteredCredential.fieldCountMax {
            section["fields"]?.refuse("has more than \(EnteredCredential.fieldCountMax) fields")
        }
        if Set(names).count < names.count { section["fields"]?.refuse("names a field twice") }
        guard let format = credential.format else {
            if names.count > 1 { section.require("format", or: "there are several fields") }
            return
        }
        for name in format.fields.sorted() where !names.contains(name) {
            section["format"]?.refuse("\(name) is not one of the fields")
        }
        if format.fields.isEmpty { section["format"]?.refuse("has no field") }
    }
}
