import OAuthProtocol

/// The granted scopes of a token answer, in every spelling that providers use.
///
/// RFC 6749 §3.3 separates them by spaces. LinkedIn, GitHub and Slack use commas, others JSON arrays. Which scopes were
/// granted is the provider's statement either way; without reading it, a granted scope would be reported as missing at
/// every retrieval.
struct GrantedScopes {
    /// The provider's separator besides spaces.
    let separator: String
    /// The scopes that were requested: a text that is one of them is not divided.
    let requested: Set<String>

    /// The longest list of scopes, in bytes.
    static let byteCountMax = 16_384
    /// Separators that are recognized where a part is a requested scope.
    private static let otherSeparators = [";", "|", "+"]

    init(separator: String, requested: ScopeSet) {
        self.separator = separator
        self.requested = Set(requested.tokens)
    }

    /// The scopes of a value: a text, or a list of texts; `nil` for anything else, and for too long a value.
    func read(_ value: JSONValue) -> ScopeSet? {
        let texts: [String]
        if let text = value.stringValue {
            texts = [text]
        } else if let values = value.arrayValue {
            texts = values.compactMap(\.stringValue)
            guard texts.count == values.count else { return nil }
        } else {
            return nil
        }
        guard texts.reduce(0, { $0 + $1.utf8.count + 1 }) <= Self.byteCountMax + 1 else { return nil }
        return ScopeSet(texts.flatMap { $0.split(whereSeparator: \.isWhitespace) }.flatMap { divided(String($0)) })
    }

    private func divided(_ text: String) -> [String] {
        guard !requested.contains(text) else { return [text] }
        let own = [separator, ","].filter { $0 != " " }
        if let mark = own.first(where: { text.contains($0) && !isPartOfScopes($0) }) {
            return text.split(separator: mark).flatMap { divided(String($0)) }
        }
        for mark in Self.otherSeparators where text.contains(mark) && !isPartOfScopes(mark) {
            let parts = text.split(separator: mark).map(String.init)
            guard parts.contains(where: requested.contains) else { continue }
            return parts.flatMap(divided)
        }
        return [text]
    }

    private func isPartOfScopes(_ mark: String) -> Bool {
        mark != separator && requested.contains { $0.contains(mark) }
    }
}
