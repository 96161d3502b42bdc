import OAuthProtocol
import UpstreamIdentity

/// What a trial shows the operator; tokens and other secrets by their lengths alone.
struct UpstreamTrialReport {
    private let provider: UpstreamProvider
    private let login: UpstreamLogin
    private let now: Timestamp

    init(_ login: UpstreamLogin, of provider: UpstreamProvider, now: Timestamp) {
        self.login = login
        self.provider = provider
        self.now = now
    }

    /// The lines.
    var lines: [String] {
        ["upstream \(provider.name): the login succeeded"] + tokens + scopes + identity + extras + advice
    }

    private var tokens: [String] {
        [
            line("access token", Self.masked(login.accessToken)),
            line(
                "life",
                login.accessTokenExpiry.map { "\(($0 - now).wholeSeconds) s" } ?? "the provider states no end"
            ),
            line("refresh token", login.refreshToken.map(Self.masked) ?? "none"),
            line("ID token", login.tokens.idToken.map(Self.masked) ?? "none"),
        ]
    }

    private var scopes: [String] {
        let missing = provider.missingScopes(provider.requestedScopes, granted: login.scopes)
        return [
            line("scopes asked for", provider.requestedScopes.text),
            line(
                "scopes granted",
                login.tokens.scopes == nil ? "not stated, so all that were asked for" : login.scopes.text
            ),
        ] + (missing.isEmpty ? [] : [line("scopes missing", missing.text)])
    }

    private var identity: [String] {
        [
            line("subject", login.subject), line("account", login.accountName ?? "none"),
            line("name", login.name ?? "none"), line("verified e-mail", login.verifiedEmail ?? "none"),
            line("claims", login.claims.names.isEmpty ? "none" : login.claims.names.joined(separator: ", ")),
        ]
    }

    private var extras: [String] {
        let members = login.extraMembers.map { "\($0.name)=\(shown($0.name, $0.value))" }
        return [line("extras", members.isEmpty ? "none" : members.joined(separator: ", "))]
    }

    private var advice: [String] {
        var lines: [String] = []
        if login.refreshToken == nil, login.accessTokenExpiry != nil {
            lines.append(
                "  -> without a refresh token users must connect again at the end of each token's life: see whether the "
                    + "provider wants a scope (offline_access) or a parameter (access_type) for one"
            )
        }
        if login.tokens.tokenType.map({ $0 != "bearer" }) ?? false {
            lines.append("  -> the token type is \(Self.bounded(login.tokens.tokenType ?? ""))")
        }
        return lines + ["  nothing was stored; the provider's own pages list the grant"]
    }

    // A member that may hold a secret, or any of the tokens, is not shown.
    private func shown(_ name: String, _ value: JSONValue) -> String {
        let words = ["token", "secret", "key", "code", "password", "assertion", "credential", "jwt", "hash", "sig"]
        let lowercase = name.lowercased()
        guard !words.contains(where: { lowercase.contains($0) }) else { return "(hidden)" }
        switch value {
        case .string(let text):
            let secrets = [login.accessToken, login.refreshToken, login.tokens.idToken].compactMap(\.self)
            return secrets.contains { text.contains($0) } ? "(hidden)" : Self.bounded(text)
        case .number(let number): return number.text
        case .bool(let flag): return "\(flag)"
        case .null: return "null"
        case .array(let elements): return "(\(elements.count) elements)"
        case .object(let object): return "(\(object.names.joined(separator: " ")))"
        }
    }

    private static func bounded(_ text: String) -> String {
        let kept = text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(80)
        return String(String.UnicodeScalarView(kept)) + (text.unicodeScalars.count > 80 ? "…" : "")
    }

    private static func masked(_ secret: String) -> String { "(hidden, \(secret.utf8.count) characters)" }

    private func line(_ name: String, _ text: String) -> String {
        "  " + name + String(repeating: " ", count: max(1, 20 - name.count)) + text
    }
}
