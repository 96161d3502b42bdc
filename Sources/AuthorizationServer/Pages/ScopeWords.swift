import OAuthProtocol

/// OpenID Connect Core 1.0 §5.4: the well-known scopes in words for a person.
///
/// The scope itself is always shown beside the words: it is what counts, and what the operator and the application
/// know.
enum ScopeWords {
    /// One entry for each scope; what the operator says of a scope precedes the well-known words.
    static func list(_ scopes: [String], words: [String: String] = [:]) -> HTML {
        "<ul>\(scopes.map { item($0, words[$0] ?? meanings[$0]?.text()) })</ul>"
    }

    /// The scopes without words, used where there is little space.
    static func inline(_ scopes: [String]) -> HTML {
        .joined(scopes.map { "<code>\($0)</code>" }, by: " ")
    }

    private static func item(_ scope: String, _ words: String?) -> HTML {
        guard let words else { return "<li><code>\(scope)</code></li>" }
        return "<li>\(words) <code>\(scope)</code></li>"
    }

    private static let meanings: [String: PageText] = [
        "openid": .scopeOpenid,
        "profile": .scopeProfile,
        "email": .scopeEmail,
        "offline_access": .scopeOffline,
        "agents": .scopeAgents,
        "connections": .scopeConnections,
    ]
}
