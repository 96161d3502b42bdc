import OAuthProtocol

/// How a provider's names for granted scopes differ from the requested names, as data.
///
/// Comparing names alone would report granted scopes as missing, and send users to consent again and again.
package struct ScopeDialect: Hashable, Sendable {
    /// Other spellings of a scope: Google answers with a URL for `email`.
    package var aliases: [String: String] = [:]
    /// Scopes that include others and replace them in the answer: GitHub's `user`.
    package var implied: [String: [String]] = [:]
    /// Scopes that the answer never names.
    package var unreported: Set<String> = []
    /// Whether the part up to the last slash is optional: a request to Entra has
    /// `https://graph.microsoft.com/User.Read` and the answer `User.Read`.
    package var ignoresResource = false

    /// The dialect in which names are compared as they are.
    package init() {}

    /// The wanted scopes that were not granted.
    func missing(_ wanted: ScopeSet, granted: ScopeSet) -> ScopeSet {
        guard !wanted.isEmpty else { return .empty }
        var held: Set<String> = []
        var queue = granted.tokens.map(canonical)
        while let token = queue.popLast() {
            guard held.insert(token).inserted else { continue }
            queue += implied[token] ?? []
        }
        return wanted.filter { !isUnreported($0) && !held.contains(canonical($0)) }
    }

    /// Whether the answer does not name a scope although it was granted.
    ///
    /// `offline_access` asks for a refresh token and permits nothing at an API: many providers issue the token and
    /// leave the name out.
    func isUnreported(_ scope: String) -> Bool {
        unreported.contains(scope) || scope == ScopeSet.offlineAccess
    }

    private func canonical(_ token: String) -> String {
        let token = aliases[token] ?? token
        guard ignoresResource, let slash = token.utf8.lastIndex(of: UInt8(ascii: "/")) else { return token }
        return String(token[token.utf8.index(after: slash)...])
    }
}
