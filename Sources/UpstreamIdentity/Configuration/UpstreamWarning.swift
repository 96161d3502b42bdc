/// What an operator should know of an upstream's configuration: a check that is loosened, or a mistake that is likely.
package struct UpstreamWarning: Hashable, Sendable {
    /// The key of the upstream that it concerns.
    package let key: String
    /// What follows from it, in one sentence.
    package let text: String
}

extension UpstreamConfiguration {
    /// The warnings for the log at start and for `check-config`.
    package var warnings: [UpstreamWarning] {
        loosenedChecks + loosenedVerification + likelyMistakes
    }

    private var loosenedChecks: [UpstreamWarning] {
        var warnings: [UpstreamWarning] = []
        if behaviour.proofKey == .off {
            warnings.append(
                UpstreamWarning(key: "pkce", text: "without PKCE only our client authentication protects the code")
            )
        }
        if behaviour.nonce == .off, case .openID = kind {
            warnings.append(
                UpstreamWarning(
                    key: "nonce",
                    text: "without a nonce only state, PKCE and our client authentication bind an ID token to its login"
                )
            )
        }
        if !behaviour.bearerTokenTypes.isEmpty {
            warnings.append(
                UpstreamWarning(key: "token_types", text: "tokens of further types are used as bearer tokens")
            )
        }
        if case .oauth2(let endpoints) = kind, case .userInfo(let mapping) = endpoints.identity,
            mapping.endpoint.contains(UserInfoMapping.tokenMarker)
        {
            warnings.append(
                UpstreamWarning(
                    key: "userinfo.endpoint",
                    text: "the access token is part of the URL, which proxies and logs on the way may keep"
                )
            )
        }
        return warnings
    }

    private var likelyMistakes: [UpstreamWarning] {
        var warnings: [UpstreamWarning] = []
        if case .oauth2(let endpoints) = kind, endpoints.authorization.hasSuffix("/login/oauth/authorize"),
            let clientID, clientID.hasPrefix("Iv1.") || clientID.hasPrefix("Iv2"),
            behaviour.scopeSemantics == .granted
        {
            warnings.append(
                UpstreamWarning(
                    key: "preset",
                    text: "client_id looks like a GitHub App's, whose answers never name scopes; use preset: github-app"
                )
            )
        }
        if behaviour.subjectWithoutProfile != nil, !scopes.contains("profile") {
            warnings.append(
                UpstreamWarning(
                    key: "scopes",
                    text: "without the scope profile accounts are identified by sub, which differs for each client_id; "
                        + "users become new ones when either changes"
                )
            )
        }
        return warnings
    }
}
