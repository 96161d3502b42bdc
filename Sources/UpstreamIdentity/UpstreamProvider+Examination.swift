package import OAuthProtocol

extension UpstreamProvider {
    /// What a look at a provider shows without a login to the operator who sets it up.
    package struct Examination: Sendable {
        /// The endpoints by their names in a discovery document, in the order of a login.
        package var endpoints: [(name: String, url: String)]
        /// How many usable keys the provider publishes; `nil` for one that does not speak OpenID Connect.
        package var keyCount: Int?
        /// Whether the provider says that it supports S256 (RFC 8414 §2); `nil` when it does not say.
        package var supportsProofKey: Bool?
    }

    /// Fetches the provider's document and keys, and nothing else.
    ///
    /// - Throws: ``UpstreamError`` of the first step that fails; its `reason` names the step.
    package func examine() async throws(UpstreamError) -> Examination {
        // GitHub's API answers a request without credentials, and has no document.
        if case .installation(let installation) = machine {
            return Examination(endpoints: [("app", installation.appURL)], keyCount: nil, supportsProofKey: nil)
        }
        let found = try await examinedEndpoints()
        let keys = try await openID?.keys.current()
        let named: [(name: String, url: String?)] = [
            ("authorization_endpoint", found.authorization), ("token_endpoint", found.token),
            ("jwks_uri", found.keySet), ("userinfo_endpoint", found.userInfo),
            ("revocation_endpoint", found.revocation), ("registration_endpoint", found.registration),
        ]
        return Examination(
            endpoints: named.compactMap { name, url in url.map { (name, $0) } },
            keyCount: keys?.keys.count,
            supportsProofKey: found.codeChallengeMethods.map { $0.contains("S256") }
        )
    }

    /// The URL that a login's browser would be sent to, with fixed example values where a login has secrets.
    ///
    /// - Throws: ``UpstreamError`` when the endpoints are unknown, or when no client is registered there yet.
    package func dryAuthorizationURL() async throws(UpstreamError) -> String {
        guard clients.known != nil else {
            throw UpstreamError(.misconfigured, "no client is configured or registered at the provider")
        }
        return try await authorizationURL(
            UpstreamAuthorizationRequest(
                state: UpstreamState(wireValue: "STATE"),
                challenge: CodeChallenge(verifier: CodeVerifier(random: random)),
                nonce: usesNonce ? "NONCE" : nil
            )
        )
    }
}

extension UpstreamLogin {
    /// The members of the token answer beside those of RFC 6749 §5.1 and OpenID Connect, in order.
    package var extraMembers: [(name: String, value: JSONValue)] {
        let standard: Set<String> = [
            "access_token", "token_type", "expires_in", "refresh_token", "scope", "id_token",
        ]
        return tokens.json.members.filter { !standard.contains($0.name) }
    }
}
