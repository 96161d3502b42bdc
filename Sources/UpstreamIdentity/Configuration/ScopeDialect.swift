import OAuthProtocol

/// How a provider's names for granted scopes depart from those that were asked for, as data.
///
/// A comparison by name alone would find scopes missing that were granted, and send users to consent again and again.
package struct ScopeDialect: Hashable, Sendable {
    /// Other spellings of a scope: Google answers `email` with a URL.
    package var aliases: [String: String] = [:]
    /// Scopes that contain others and swallow them in the answer: GitHub's `user`.
    package var implied: [String: [String]] = [:]
    /// Scopes that the answer never names.
    package var unreported: Set<String> = []
    /// Whether the resource before the last slash comes and goes: Entra asks `https://graph.microsoft.com/User.Read` and
    /// answers `User.Read`.
    package var ignoresResource = false

    /// The dialect in which names are just names.
    package init() {}

    /// The scopes that are wanted and were not granted.
    func missing(_ wanted: ScopeSet, granted: ScopeSet) -> ScopeSet {
        guard !wanted.isEmpty else { return .empty }
        var held: Set<String> = []
        var queue = granted.tokens.map(canonical)
        while let token = queue.popLast() {
            guard held.insert(token).inserted else { continue }
            queue += implied[token] ?? []
        }
        return wanted.filter { !unreported.contains($0) && !held.contains(canonical($0)) }
    }

    private func canonical(_ token: String) -> String {
        let token = aliases[token] ?? token
        guard ignoresResource, let slash = token.utf8.lastIndex(of: UInt8(ascii: "/")) else { return token }
        return String(token[token.utf8.index(after: slash)...])
    }
}
