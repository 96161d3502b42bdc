import OAuthProtocol

extension Configuration.Resource {
    /// Decodes a resource; `configuration` already has the scopes and upstreams that it may name.
    init?(decoding section: ConfigurationCursor, within configuration: Configuration) {
        let uri = section.required("uri")?.string(ConfigurationRules.resourceObjection)
        let scopes = section["scopes"]?.scopes(among: configuration.scopes)
        let names = configuration.upstreams.map(\.name)
        let upstreams = section["upstreams"]?.strings { name in
            if names.contains(name) { return nil }
            let hint = NearestName.of(name, among: names).map { "; did you mean \($0)?" } ?? ""
            return "\(name) is not a configured upstream\(hint)"
        }
        let clientID = section["client_id"]?.string(ConfigurationRules.clientIDObjection)
        let secret = section["client_secret"]?.secret()
        let jwks = section["jwks"].flatMap { JSONWebKeyReader(cursor: $0).text() }
        let jwksURI = section["jwks_uri"]?.string {
            ConfigurationRules.endpointObjection($0, allowsInsecureHTTP: false)
        }
        Self.checkCredentials(section)
        let forwarded = section["forward_auth"]?.section().flatMap {
            Self.forwardAuthUpstream($0, among: upstreams ?? [], within: configuration)
        }
        guard let uri else { return nil }
        self.init(uri: uri, scopes: scopes ?? configuration.scopes)
        self.upstreams = upstreams ?? []
        self.clientID = clientID
        clientSecret = secret
        self.jwks = jwks
        self.jwksURI = jwksURI
        forwardAuthUpstream = forwarded
    }

    // One way to prove itself, and none without a name: what nobody checks looks like protection and is none.
    private static func checkCredentials(_ section: ConfigurationCursor) {
        let given = ["client_secret", "jwks", "jwks_uri"].filter { section[$0] != nil }
        if section["client_id"] != nil, given.isEmpty {
            _ = section.required("client_secret", or: "client_id needs it")
        }
        if let first = given.first { _ = section.required("client_id", or: "\(first) needs it") }
        for extra in given.dropFirst() { section[extra]?.refuse("must not be used together with \(given[0])") }
    }

    // A token that a proxy gets without a secret, any client beside the proxy could get.
    private static func forwardAuthUpstream(
        _ section: ConfigurationCursor,
        among upstreams: [String],
        within configuration: Configuration
    ) -> String? {
        if configuration.forwardAuth.secret == nil {
            section.refuse("needs forward_auth.secret, which authenticates the proxy")
        }
        return section.required("upstream")?.string { name in
            upstreams.contains(name) ? nil : "\(name) is not one of this resource's upstreams"
        }
    }
}

extension ConfigurationCursor {
    /// A list of scopes, each one of the server's.
    func scopes(among known: ScopeSet) -> ScopeSet? {
        strings { scope in
            if let objection = ConfigurationRules.scopeObjection(scope) { return objection }
            return known.contains(scope) ? nil : "\(scope) is not one of the server's scopes"
        }
        .map { ScopeSet($0) }
    }

    /// A key that another key or its absence makes necessary.
    func required(_ name: String, or advice: String) -> ConfigurationCursor? {
        if let child = self[name] { return child }
        problems.report("\(path).\(name)", "is required; \(advice)", location)
        return nil
    }
}
