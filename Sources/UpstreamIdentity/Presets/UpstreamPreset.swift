/// A provider whose particulars are known: a row of data, so that another provider is another row.
package struct UpstreamPreset: Sendable {
    /// The protocol, and the known part of its addresses.
    enum Kind: Sendable {
        /// OpenID Connect; `nil` for a product whose issuer the operator names.
        case openID(issuer: String?)
        /// OAuth 2.0; `nil` for the generic row, whose endpoints the operator names.
        case oauth2(OAuth2Endpoints?)
        /// OAuth 2.0, found through the metadata of a protected MCP server.
        case protectedServer
        /// No protocol: users enter credentials.
        case entered
        /// A foreign authorization server, asked with an identity provider's assertions.
        case chained
        /// The operator's own tokens.
        case machine
    }

    /// The name in the configuration.
    package let name: String
    let kind: Kind
    /// The scopes that are requested unless the operator configures others.
    package internal(set) var scopes: [String] = []
    /// Parameters added to the authorization request.
    package internal(set) var parameters: [UpstreamParameter] = []
    /// How our client authenticates unless the operator configures another method.
    package internal(set) var clientAuthentication = UpstreamClientAuthentication.automatic
    /// Whether everybody can get an account at the preset's own address.
    package internal(set) var hasPublicAccounts = false
    /// What is particular about the provider, in one line.
    package internal(set) var note = ""
    /// How the provider differs from the specifications.
    package internal(set) var behaviour = UpstreamBehaviour()

    init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }

    /// Whether everybody can get an account there, so that only `required_claims` limits who logs in.
    ///
    /// A site that the operator names is the operator's own, except for the addresses of all tenants.
    package func isPublic(issuer: String?) -> Bool {
        guard let issuer else { return hasPublicAccounts }
        if case .openID(let known?) = kind, known == issuer { return hasPublicAccounts }
        let everybody = Set(behaviour.issuerTenant?.severalTenants ?? []).union(["consumers"])
        return behaviour.issuerTenant != nil
            && issuer.split(separator: "/").contains { everybody.contains(String($0)) }
    }

    /// Whether a login or a connect page sends users there.
    package var isVisited: Bool {
        switch kind {
        case .openID, .oauth2, .protectedServer: true
        case .entered, .chained, .machine: false
        }
    }

    /// Whether it is a provider with endpoints and behaviour of its own, and none of the types without them.
    package var isProvider: Bool {
        switch kind {
        case .openID, .oauth2: true
        case .entered, .protectedServer, .chained, .machine: false
        }
    }

    /// Whether the operator has to name the issuer.
    package var needsIssuer: Bool {
        if case .openID(nil) = kind { true } else { false }
    }

    /// Whether the provider supports OpenID Connect, so that its issuer's document names the endpoints.
    package var isOpenID: Bool {
        if case .openID = kind { true } else { false }
    }

    /// The known token endpoint of an OAuth 2.0 provider.
    package var tokenEndpoint: String? {
        if case .oauth2(let known?) = kind { known.token } else { nil }
    }

    /// The known endpoint of an OAuth 2.0 provider for the user's data.
    package var userInfoEndpoint: String? {
        guard case .oauth2(let known?) = kind, case .userInfo(let mapping) = known.identity else { return nil }
        return mapping.endpoint
    }

    /// Whether rules may name GitHub's organisations and teams of its accounts.
    package var hasOrganizations: Bool { behaviour.hasOrganizations }

    /// The parameter that carries the scopes.
    package var scopeParameter: String { behaviour.scopeParameter }

    /// The preset of a name.
    package static func named(_ name: String) -> UpstreamPreset? {
        all.first { $0.name == name }
    }

    /// The provider's endpoints, completed by the operator's configuration.
    func kind(
        issuer: String?,
        overrides: UpstreamEndpointOverrides,
        behaviour: UpstreamBehaviourOverrides,
        credential: EnteredCredential?
    ) throws(UpstreamError) -> UpstreamConfiguration.Kind {
        switch kind {
        case .openID(let known):
            guard let issuer = issuer ?? known else {
                throw UpstreamError(.misconfigured, "the preset \(name) needs an issuer")
            }
            return .openID(issuer: issuer)
        case .oauth2(let known):
            return .oauth2(try endpoints(known, issuer: issuer, overrides: overrides, behaviour: behaviour))
        case .entered:
            guard let credential else {
                throw UpstreamError(.misconfigured, "the fields of the credential are missing")
            }
            return .entered(credential)
        case .chained:
            throw UpstreamError(.misconfigured, "the foreign authorization server is missing")
        case .machine:
            throw UpstreamError(.misconfigured, "the operator's own connection is missing")
        case .protectedServer:
            throw UpstreamError(.misconfigured, "the URL of the protected server is missing")
        }
    }

    private func endpoints(
        _ known: OAuth2Endpoints?,
        issuer: String?,
        overrides: UpstreamEndpointOverrides,
        behaviour: UpstreamBehaviourOverrides
    ) throws(UpstreamError) -> OAuth2Endpoints {
        guard let authorization = overrides.authorization ?? known?.authorization,
            let token = overrides.token ?? known?.token,
            let identity = Self.identity(known?.identity, overrides, behaviour)
        else {
            throw UpstreamError(.misconfigured, "the preset \(name) needs authorization, token and userinfo endpoints")
        }
        // A self-hosted site, such as GitHub Enterprise, must not send revocations to the public site.
        let isElsewhere = overrides.token != nil && overrides.token != known?.token
        return OAuth2Endpoints(
            authorization: authorization,
            token: token,
            refresh: overrides.refresh ?? (isElsewhere ? nil : known?.refresh),
            revocation: overrides.revocation ?? (isElsewhere ? nil : known?.revocation),
            issuer: issuer ?? (isElsewhere ? nil : known?.issuer),
            identity: identity
        )
    }

    /// Where the user's identity comes from: an operator who changes one part keeps the preset's others.
    private static func identity(
        _ known: OAuth2Endpoints.IdentitySource?,
        _ overrides: UpstreamEndpointOverrides,
        _ behaviour: UpstreamBehaviourOverrides
    ) -> OAuth2Endpoints.IdentitySource? {
        if behaviour.identity == .absent { return .absent }
        if let paths = behaviour.identityFromToken { return .tokenResponse(paths) }
        var mapping = overrides.userInfo
        if mapping == nil, case .userInfo(let known)? = known { mapping = known }
        if let parts = overrides.userInfoParts, let changed = parts.applied(to: mapping) { return .userInfo(changed) }
        return overrides.userInfo.map(OAuth2Endpoints.IdentitySource.userInfo) ?? known
    }
}

/// A preset is its row: the table has each name once, and no other target can change a row.
extension UpstreamPreset: Hashable {
    /// Whether both are the same row.
    package static func == (a: UpstreamPreset, b: UpstreamPreset) -> Bool { a.name == b.name }

    /// Hashes the row's name.
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
