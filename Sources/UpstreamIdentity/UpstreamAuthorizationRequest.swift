package import OAuthProtocol

/// The parts of an authorization request to a provider that differ from one login to the next.
///
/// The MCP client's `resource` is not among them (RI-5).
package struct UpstreamAuthorizationRequest: Sendable {
    /// `state`: names the pending login; single use (CO-3).
    package var state: UpstreamState
    /// RFC 7636: sent unless the operator turned it off (UP-1); the verifier is stored with the pending login.
    package var challenge: CodeChallenge
    /// OpenID Connect Core 1.0 §3.1.2.1: sent where the provider speaks OpenID Connect.
    package var nonce: String?
    /// OpenID Connect Core 1.0 §3.1.2.1: the user whom the client expects; a hint and never a proof (UP-4).
    package var loginHint: String?
    /// OpenID Connect Core 1.0 §3.1.2.1: `login`, `select_account` …, in addition to those of the preset.
    package var prompts: Set<String>
    /// OpenID Connect Core 1.0 §3.1.2.1: `max_age`.
    package var maximumAgeSeconds: Int?
    /// OpenID Connect Core 1.0 §3.1.2.1: `acr_values`.
    package var authenticationContexts: String?
    /// Scopes in addition to the configured ones, to widen a connection.
    package var additionalScopes: [String]
    /// OpenID Connect Core 1.0 §5.5: what the provider demanded of this login in an earlier refusal.
    package var claims: String?

    /// Makes a request.
    package init(
        state: UpstreamState,
        challenge: CodeChallenge,
        nonce: String? = nil,
        loginHint: String? = nil,
        prompts: Set<String> = [],
        maximumAgeSeconds: Int? = nil,
        authenticationContexts: String? = nil,
        additionalScopes: [String] = []
    ) {
        self.state = state
        self.challenge = challenge
        self.nonce = nonce
        self.loginHint = loginHint
        self.prompts = prompts
        self.maximumAgeSeconds = maximumAgeSeconds
        self.authenticationContexts = authenticationContexts
        self.additionalScopes = additionalScopes
    }
}

extension UpstreamAuthorizationRequest {
    /// RFC 6749 §4.1.1: the URL that the browser is sent to; `named` are the scopes that a protected server asks for.
    func url(
        _ endpoint: String,
        clientID: String,
        scopes named: [String] = [],
        configuration: UpstreamConfiguration
    ) -> String {
        let behaviour = configuration.behaviour
        let scopes = ScopeSet(configuration.scopes + named + additionalScopes).tokens
        var parameters = [
            ("response_type", "code"), ("client_id", clientID),
            ("redirect_uri", configuration.callbackURL), ("state", state.wireValue),
        ]
        if behaviour.proofKey == .s256 {
            parameters += [("code_challenge", challenge.text), ("code_challenge_method", "S256")]
        }
        // RFC 8707 §2: the token is for this server alone.
        if let resource = configuration.resource { parameters.append(("resource", resource)) }
        if behaviour.callbackMethod == .formPost { parameters.append(("response_mode", "form_post")) }
        if !scopes.isEmpty {
            parameters.append((behaviour.scopeParameter, scopes.joined(separator: behaviour.scopeSeparator)))
        }
        for further in behaviour.additionalScopes {
            parameters.append((further.name, further.scopes.joined(separator: behaviour.scopeSeparator)))
        }
        if let loginHint, let name = behaviour.loginHintParameter { parameters.append((name, loginHint)) }
        if case .openID = configuration.kind {
            if let nonce { parameters.append(("nonce", nonce)) }
            if let maximumAgeSeconds { parameters.append(("max_age", String(maximumAgeSeconds))) }
            if let claims { parameters.append(("claims", claims)) }
            if let authenticationContexts { parameters.append(("acr_values", authenticationContexts)) }
        }
        let taken = Set(parameters.map(\.0))
        for parameter in configuration.additionalAuthorizationParameters
        where parameter.name != "prompt" && !taken.contains(parameter.name) {
            parameters.append((parameter.name, parameter.value))
        }
        if let prompt = prompt(configuration) { parameters.append(("prompt", prompt)) }
        return endpoint + (endpoint.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + FormParameters.serialize(parameters)
    }

    /// The preset's prompts and the request's together: Google's `consent` must remain when the client asks for
    /// `login`.
    private func prompt(_ configuration: UpstreamConfiguration) -> String? {
        // OpenID Connect Core 1.0 §3.1.2.1: `none` must be the only value.
        if prompts.contains("none") { return "none" }
        let configured = configuration.additionalAuthorizationParameters.first { $0.name == "prompt" }
        var words = configured?.value.split(separator: " ").map(String.init) ?? []
        if case .openID = configuration.kind {
            words += prompts.sorted().filter { !words.contains($0) }
        }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }
}
