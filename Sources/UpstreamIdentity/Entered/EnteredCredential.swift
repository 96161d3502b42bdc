import Foundations
package import OAuthProtocol

/// A credential that is not OAuth: its user enters it once on our page, and the vault returns it like a token.
package struct EnteredCredential: Hashable, Sendable {
    /// What the user is asked for.
    package var fields: [Field] = []
    /// How the provider is asked whether the credential works; `nil` for not at all.
    package var check: Check?
    /// The header field that carries the credential to the provider's API.
    package var header = "Authorization"
    /// The value of that header field.
    package var format: CredentialTemplate?
    /// How long the credential lives after it was entered; `nil` for ever.
    package var lifetime: Duration?
    /// How long before its end the user is reminded.
    package var reminder = Duration.seconds(7 * 86_400)
    /// The URL of the API that takes it, where the operator names one.
    package var api: String?

    /// A credential without fields.
    package init() {}

    /// One value that the user is asked for.
    package struct Field: Hashable, Sendable {
        /// The name in templates.
        package var name = ""
        /// The words beside the input.
        package var label: String?
        /// Whether it is sealed, never shown, and typed unseen.
        package var isSecret = true
        /// What the whole value must match, as an ``EnteredPattern``.
        package var pattern: String?
        /// Where the user finds the value.
        package var helpURL: String?

        /// A secret without a name.
        package init() {}
    }

    /// A request that tells whether a credential works.
    package struct Check: Hashable, Sendable {
        /// The method.
        package var method = Method.get
        /// The URL; no value of the user is part of it, so that none chooses where the credential goes.
        package var url = ""
        /// Further header fields; the credential's own is always sent.
        package var fields: [UpstreamParameter] = []
        /// The status of a working credential.
        package var status = 200

        /// How a check asks.
        package enum Method: String, CaseIterable, Hashable, Sendable {
            case get = "GET"
            case head = "HEAD"
            case post = "POST"
        }

        /// A check without a URL.
        package init() {}
    }

    /// The longest value of a field, in bytes.
    package static let valueByteCountMax = 4096
    /// The most fields.
    package static let fieldCountMax = 8
}

/// Values that a user entered, by field.
package struct EnteredValues: Sendable, Redacted {
    let values: [String: String]

    /// Values as they were entered.
    package init(_ values: [String: String]) {
        self.values = values
    }
}

extension EnteredCredential {
    /// What is wrong with a value.
    package enum Problem: Error, Hashable, Sendable {
        /// The field is empty, too long, or has characters that no header field can carry.
        case unusable(field: String)
        /// The value does not match the field's pattern.
        case mismatch(field: String)
    }

    /// What is stored of a user's values: the header field's value, and the values that are no secret.
    package struct Rendered: Sendable, Redacted {
        /// The value of the header field.
        package let credential: String
        /// The values of the fields that are not secret.
        package let open: JSONObject
    }

    /// Checks a user's values and puts them together.
    ///
    /// A value with a line break would forge header fields.
    package func rendered(_ entered: EnteredValues) throws(Problem) -> Rendered {
        var values: [String: String] = [:]
        for field in fields {
            let text = Self.trimmed(entered.values[field.name] ?? "")
            guard 1...Self.valueByteCountMax ~= text.utf8.count, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
            else { throw .unusable(field: field.name) }
            // The configuration has checked the pattern; nothing matches one that cannot be read.
            if let pattern = field.pattern, EnteredPattern(pattern)?.matches(text) != true {
                throw .mismatch(field: field.name)
            }
            values[field.name] = text
        }
        let template = format ?? CredentialTemplate(pieces: [.field(fields.first?.name ?? "")])
        return Rendered(
            credential: template.filled(values),
            open: JSONObject(fields.filter { !$0.isSecret }.map { ($0.name, .string(values[$0.name] ?? "")) })
        )
    }

    // Copied values often end in a space or a line break.
    private static func trimmed(_ text: String) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0.isNewline || $0 == "\t" }
        guard let first = text.firstIndex(where: { !isSpace($0) }), let last = text.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(text[first...last])
    }
}
