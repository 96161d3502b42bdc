/// RFC 6749 §3.3: a set of scope tokens in the order in which they were written.
package struct ScopeSet: Hashable, Sendable {
    /// The tokens, each once, in the order of first appearance.
    package private(set) var tokens: [String]

    /// The empty set.
    package static let empty = ScopeSet(tokens: [])

    /// The longest `scope` value that is read, in bytes.
    package static let byteCountMax = 4096

    private init(tokens: [String]) {
        self.tokens = tokens
    }

    /// The given tokens without duplicates; tokens with forbidden bytes are left out.
    package init(_ tokens: some Sequence<String>) {
        var seen: Set<String> = []
        self.tokens = tokens.filter { Self.isToken($0) && seen.insert($0).inserted }
    }

    /// Reads a space-delimited `scope` value.
    ///
    /// - Throws: `invalid_scope` when a byte is outside `NQCHAR` (RFC 6749 Appendix A.4) or the value is too long.
    package init(parsing text: String) throws(OAuthError) {
        guard text.utf8.count <= Self.byteCountMax else { throw OAuthError(.invalidScope, "scope is too long") }
        var tokens: [String] = []
        var seen: Set<String> = []
        for token in text.split(separator: " ") {
            let token = String(token)
            guard Self.isToken(token) else { throw OAuthError(.invalidScope, "scope has a forbidden character") }
            if seen.insert(token).inserted {
                tokens.append(token)
            }
        }
        self.tokens = tokens
    }

    /// Whether `text` is one scope token: `1*NQCHAR` (RFC 6749 §3.3).
    package static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
    }

    /// The `scope` value on the wire.
    package var text: String {
        tokens.count == 1 ? tokens[0] : tokens.joined(separator: " ")
    }

    /// Appends the `scope` value to a buffer.
    package func append(to output: inout [UInt8]) {
        for (index, token) in tokens.enumerated() {
            if index > 0 { output.append(UInt8(ascii: " ")) }
            output.append(contentsOf: token.utf8)
        }
    }

    /// Whether the set is empty.
    package var isEmpty: Bool {
        tokens.isEmpty
    }

    /// Whether the token is in the set; compared by bytes (RFC 6749 §3.3: case-sensitive).
    package func contains(_ token: String) -> Bool {
        tokens.contains(token)
    }

    /// Whether every token of this set is in `other`.
    package func isSubset(of other: ScopeSet) -> Bool {
        tokens.allSatisfy(other.contains)
    }

    /// The tokens of this set that satisfy the condition, in order.
    package func filter(_ isIncluded: (String) -> Bool) -> ScopeSet {
        tokens.allSatisfy(isIncluded) ? self : ScopeSet(tokens: tokens.filter(isIncluded))
    }

    /// The tokens of both sets, those of this one first.
    package func union(_ other: ScopeSet) -> ScopeSet {
        ScopeSet(tokens: tokens + other.tokens.filter { !tokens.contains($0) })
    }

    /// Scopes that concern the user or the session, not a resource: granted for any resource when supported.
    package static let identityScopes: Set<String> = [
        "openid", "profile", "email", "offline_access", connections, agents,
    ]
    /// OpenID Connect Core 1.0 §11, SEP-2207: asks for a refresh token.
    package static let offlineAccess = "offline_access"
    /// Asks to see the names of the user's accounts at providers, and to end the connections to them.
    ///
    /// An API of this server needs an authority of its own: the token for an MCP server gives none here.
    package static let connections = "connections"
    /// Asks to make tokens for agents, to list and to end them.
    package static let agents = "agents"
    /// OpenID Connect Core 1.0 §3.1.2.1: asks for an ID token.
    package static let openID = "openid"
}

extension ScopeSet: CustomStringConvertible {
    /// The `scope` value on the wire.
    package var description: String { text }
}
