import OAuthProtocol

extension Configuration.Upstream {
    init?(decoding section: ConfigurationCursor) {
        let name = section.required("name")?.string(ConfigurationRules.upstreamNameObjection)
        let isInsecure = section["allow_insecure_http"]?.bool() ?? false
        let endpoints = UpstreamEndpointReader(section: section, allowsInsecureHTTP: isInsecure)
        let kind = endpoints.kind()
        let credentials = UpstreamCredentialReader(section: section, allowsInsecureHTTP: isInsecure)
        let clientID = credentials.clientID()
        let requiredClaims = Self.requiredClaims(section["required_claims"])
        let revokesOnLogout = section["revoke_on_logout"]?.bool() ?? false
        let revokesWithLastSession = section["revoke_with_last_session"]?.bool() ?? false
        let scopes = section["scopes"]?.strings(ConfigurationRules.scopeObjection)
        let isOptional = section["optional"]?.bool() ?? false
        let parameters = Self.parameters(section["additional_authorization_parameters"])
        let claims = Self.claims(section["claims"])
        let allowsPrivateNetwork = section["allow_private_network"]?.bool() ?? false
        let refreshes = section["background_refresh"]?.bool() ?? false
        // Read in any case, so that every error is found; without a name or kind the result is thrown away.
        self.init(name: name ?? "", kind: kind ?? .oidc(issuer: ""), clientID: clientID)
        credentials.read(into: &self)
        guard name != nil, let kind, clientID != nil || registration != nil else { return nil }
        Self.checkRegistration(section, kind)
        self.requiredClaims = requiredClaims
        self.revokesOnLogout = revokesOnLogout
        self.revokesWithLastSession = revokesWithLastSession
        self.scopes = scopes
        self.isOptional = isOptional
        additionalAuthorizationParameters = parameters
        allowsInsecureHTTP = isInsecure
        self.allowsPrivateNetwork = allowsPrivateNetwork
        self.claims = claims
        refreshesInBackground = refreshes
    }

    // Without an issuer there is no document that could name the endpoint.
    private static func checkRegistration(_ section: ConfigurationCursor, _ kind: Configuration.UpstreamKind) {
        guard let registration = section["registration"], registration["endpoint"] == nil else { return }
        let discovers: Bool
        switch kind {
        case .oidc: discovers = true
        case .oauth2: discovers = false
        case .preset(let preset, _): discovers = preset.isOpenID
        }
        if !discovers { _ = registration.required("endpoint", or: "this provider has no document that names it") }
    }

    private static func requiredClaims(_ map: ConfigurationCursor?) -> [Configuration.RequiredClaim] {
        guard let map else { return [] }
        return map.entries().compactMap { claim, value in
            let values: [String]?
            if case .scalar = value.node.content {
                values = value.string().map { [$0] }
            } else {
                values = value.strings()
            }
            guard let values else { return nil }
            // An empty list would let nobody in, which nobody means.
            guard !values.isEmpty else { return value.refused("must name at least one value") }
            return Configuration.RequiredClaim(claim: claim, values: values)
        }
    }

    private static func claims(_ map: ConfigurationCursor?) -> [Configuration.ClaimName] {
        guard let map else { return [] }
        var names: Set<String> = []
        return map.entries().compactMap { upstream, value in
            guard let name = value.string(ConfigurationRules.claimNameObjection) else { return nil }
            guard names.insert(name).inserted else { return value.refused("\(name) is mapped twice") }
            return Configuration.ClaimName(upstream: upstream, name: name)
        }
    }

    private static func parameters(_ map: ConfigurationCursor?) -> [Configuration.Parameter] {
        guard let map else { return [] }
        return map.entries().compactMap { name, value in
            if ConfigurationRules.reservedAuthorizationParameters.contains(name) {
                return value.refused("is set by the server and cannot be configured")
            }
            return value.string().map { Configuration.Parameter(name: name, value: $0) }
        }
    }
}

/// Reads what says where a provider is: `preset`, or `type` with the keys that belong to it.
struct UpstreamEndpointReader {
    let section: ConfigurationCursor
    let allowsInsecureHTTP: Bool

    private enum Kind: String, CaseIterable {
        case oidc, oauth2
    }

    /// The provider's kind with its endpoints.
    func kind() -> Configuration.UpstreamKind? {
        switch (section["preset"], section["type"]) {
        case (let preset?, nil): return presetKind(preset)
        case (nil, let type?): return type.choice(Kind.self).flatMap(typedKind)
        case (_?, let type?): return type.refused("preset and type exclude each other")
        case (nil, nil): return section.refused("needs a preset, or a type: oidc or oauth2")
        }
    }

    private func presetKind(_ preset: ConfigurationCursor) -> Configuration.UpstreamKind? {
        // The generic providers may be named as presets too.
        if let generic = Kind.allCases.first(where: { preset.node.content == .scalar($0.rawValue) }) {
            return typedKind(generic)
        }
        var overrides = Configuration.PresetOverrides()
        overrides.issuer = section["issuer"].flatMap(issuer)
        overrides.authorizationEndpoint = section["authorization_endpoint"].flatMap(endpoint)
        overrides.tokenEndpoint = section["token_endpoint"].flatMap(endpoint)
        overrides.revocationEndpoint = section["revocation_endpoint"].flatMap(endpoint)
        overrides.userinfo = section["userinfo"]?.section().flatMap(userinfo)
        return preset.choice(Configuration.UpstreamPreset.self).map { .preset($0, overrides) }
    }

    private func typedKind(_ kind: Kind) -> Configuration.UpstreamKind? {
        switch kind {
        case .oidc:
            // Discovery names the endpoints; a configured one would be ignored, which nobody expects.
            for key in ["authorization_endpoint", "token_endpoint", "revocation_endpoint", "userinfo"] {
                section[key]?.refuse("is only for type: oauth2; with oidc it is discovered from the issuer")
            }
            return section.required("issuer").flatMap(issuer).map { .oidc(issuer: $0) }
        case .oauth2:
            section["issuer"]?.refuse("is only for type: oidc; with oauth2 name the endpoints")
            let authorization = section.required("authorization_endpoint").flatMap(endpoint)
            let token = section.required("token_endpoint").flatMap(endpoint)
            let revocation = section["revocation_endpoint"].flatMap(endpoint)
            let mapping = section.required("userinfo")?.section().flatMap(userinfo)
            guard let authorization, let token, let mapping else { return nil }
            return .oauth2(
                Configuration.OAuth2Endpoints(
                    authorizationEndpoint: authorization,
                    tokenEndpoint: token,
                    revocationEndpoint: revocation,
                    userinfo: mapping
                )
            )
        }
    }

    private func userinfo(_ section: ConfigurationCursor) -> Configuration.UserinfoMapping? {
        let endpoint = section.required("endpoint").flatMap(endpoint)
        var mapping = Configuration.UserinfoMapping(endpoint: endpoint ?? "")
        mapping.subject = fields(section["subject"]) ?? mapping.subject
        mapping.name = fields(section["name"]) ?? mapping.name
        mapping.email = fields(section["email"]) ?? mapping.email
        return endpoint == nil ? nil : mapping
    }

    private func fields(_ list: ConfigurationCursor?) -> [String]? {
        guard let list, let names = list.strings() else { return nil }
        return names.isEmpty ? list.refused("must name at least one field") : names
    }

    private func endpoint(_ cursor: ConfigurationCursor) -> String? {
        cursor.string { ConfigurationRules.endpointObjection($0, allowsInsecureHTTP: allowsInsecureHTTP) }
    }

    private func issuer(_ cursor: ConfigurationCursor) -> String? {
        cursor.string { ConfigurationRules.upstreamIssuerObjection($0, allowsInsecureHTTP: allowsInsecureHTTP) }
    }
}
