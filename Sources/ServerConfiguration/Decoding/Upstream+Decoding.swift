import OAuthProtocol
import UpstreamIdentity

extension Configuration.Upstream {
    init?(decoding section: ConfigurationCursor) {
        let name = section.required("name")?.string(ConfigurationRules.upstreamNameObjection)
        let isInsecure = section["allow_insecure_http"]?.bool() ?? false
        let provider = UpstreamProviderReader(section: section, allowsInsecureHTTP: isInsecure).provider()
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
        // Read in any case, so that every error is found; without a name or provider the result is thrown away.
        self.init(name: name ?? "", clientID: clientID)
        credentials.read(into: &self)
        guard name != nil, let provider, clientID != nil || registration != nil else { return nil }
        preset = provider.preset
        issuer = provider.issuer
        endpoints = provider.endpoints
        checkRegistration(section)
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
    private func checkRegistration(_ section: ConfigurationCursor) {
        guard !preset.isOpenID, let registration = section["registration"] else { return }
        _ = registration.required("endpoint", or: "this provider has no discovery document that names it")
    }

    private static func requiredClaims(_ map: ConfigurationCursor?) -> [UpstreamClaimRequirement] {
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
            return UpstreamClaimRequirement(claim: claim, acceptedValues: Set(values))
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

    private static func parameters(_ map: ConfigurationCursor?) -> [UpstreamParameter] {
        guard let map else { return [] }
        return map.entries().compactMap { name, value in
            if ConfigurationRules.reservedAuthorizationParameters.contains(name) {
                return value.refused("is set by the server and cannot be configured")
            }
            return value.string().map { UpstreamParameter(name: name, value: $0) }
        }
    }
}
