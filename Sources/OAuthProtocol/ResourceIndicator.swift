/// RFC 8707: a protected resource that access tokens can be issued for.
package struct ProtectedResource: Hashable, Sendable {
    /// The registered spelling, or the requested address of a fleet's member; it becomes the token's `aud` (FD-6).
    package private(set) var uri: String
    /// The pattern of a fleet, which is no audience itself; `nil` for one resource, and for a member.
    package let pattern: ResourcePattern?
    /// The fleet that a member belongs to, as it is configured.
    private var fleet: String?
    /// The scopes of this resource; a scope of another resource never enters its tokens (RI-4).
    package let scopes: ScopeSet
    /// The upstream providers whose tokens this resource may retrieve, in login order.
    package let upstreams: [String]
    /// The client that the resource server authenticates as when it retrieves upstream tokens.
    package let clientID: String?
    /// When its logins visit these upstreams, in place of each upstream's own rule.
    package let logins: [String: LoginNeed]
    /// The upstream that its users log in with, in place of the server's.
    package let identity: String?
    /// Further addresses of it, as clients may name it.
    package var aliases: [String] = []
    /// Which differences of spelling are accepted.
    package var tolerances: Set<ResourceTolerance> = []
    /// What it demands of its users' logins.
    package var requiredLogin = LoginRequirement()
    /// Its name for people.
    package var name: String?
    /// What it is, for people.
    package var summary: String?

    /// A resource of the configuration.
    package init(
        uri: String,
        scopes: ScopeSet,
        upstreams: [String],
        clientID: String?,
        logins: [String: LoginNeed] = [:],
        identity: String? = nil
    ) {
        self.uri = uri
        pattern = ResourcePattern(uri)
        self.scopes = scopes
        self.upstreams = upstreams
        self.clientID = clientID
        self.logins = logins
        self.identity = identity
    }
}

extension ProtectedResource {
    /// The address by which the configuration names it: that of the fleet for a member.
    package var configuredURI: String { fleet ?? uri }

    /// The member of a fleet at an address, in its comparison form; `nil` if it is not one.
    func member(at form: String) -> ProtectedResource? {
        pattern?.audience(of: form).map { ProtectedResource(self, at: $0) }
    }

    private init(_ fleet: ProtectedResource, at form: String) {
        self.init(
            uri: form,
            scopes: fleet.scopes,
            upstreams: fleet.upstreams,
            clientID: fleet.clientID,
            logins: fleet.logins,
            identity: fleet.identity
        )
        requiredLogin = fleet.requiredLogin
        name = fleet.name
        summary = fleet.summary
        self.fleet = fleet.uri
    }
}

/// RFC 6749 §1.1: the server of one or more resources, identified by the client that it authenticates as.
package struct ResourceServer: Sendable {
    /// The server's resources, in the configuration's order.
    package let resources: [ProtectedResource]
    /// Their URIs: an access token must be for one of them to concern this server (D-37).
    package let audiences: ResourceAudiences
}

/// RFC 8707 §2: finds the resource that a `resource` parameter names.
package struct ResourceCatalogue: Sendable {
    /// The configured resources in their order, fleets among them.
    package let resources: [ProtectedResource]
    /// The URIs of all of them.
    package let audiences: ResourceAudiences
    private let fleets: [ProtectedResource]
    /// The resource of requests that name none, where the operator chose one.
    private let defaultResource: ProtectedResource?
    private let byURI: [String: ProtectedResource]
    private let spellings: ResourceSpellings
    private let servers: [String: ResourceServer]

    /// A catalogue of the configured resources; `defaultURI` names the one of requests without `resource` (FD-5, C-4).
    package init(_ resources: [ProtectedResource], defaultURI: String? = nil) {
        self.resources = resources
        let form = defaultURI.flatMap(Self.comparisonForm)
        let single = resources.filter { $0.pattern == nil }
        fleets = resources.filter { $0.pattern != nil }
        defaultResource = form.flatMap { form in single.first { Self.comparisonForm($0.uri) == form } }
        audiences = ResourceAudiences(resources)
        byURI = Dictionary(single.map { ($0.uri, $0) }, uniquingKeysWith: { first, _ in first })
        servers = Dictionary(grouping: resources, by: \.clientID).reduce(into: [:]) { servers, owned in
            guard let clientID = owned.key else { return }
            servers[clientID] = ResourceServer(
                resources: owned.value,
                audiences: ResourceAudiences(owned.value, of: clientID, among: resources)
            )
        }
        spellings = ResourceSpellings(single)
    }

    /// The resource with exactly this URI, as a session or an `aud` stores it; `nil` when the operator has removed it.
    package func registered(_ uri: String) -> ProtectedResource? {
        byURI[uri] ?? member(at: uri)
    }

    /// The resource server that authenticates as this client; `nil` when the client is not a resource server.
    package func server(_ clientID: String) -> ResourceServer? {
        servers[clientID]
    }

    /// The resource of one `resource` value.
    ///
    /// - Throws: `invalid_target` when the value is not an absolute URI without fragment, or is not registered. The
    ///   value is never fetched (D-45).
    package func resource(_ text: String) throws(OAuthError) -> ProtectedResource {
        // The registered spelling, which clients send with each refresh, need not be parsed again.
        if text.utf8.count <= RedirectURI.byteCountMax, let resource = byURI[text], resource.uri.hasSameBytes(as: text)
        {
            return resource
        }
        guard let form = Self.comparisonForm(text) else {
            throw OAuthError(.invalidTarget, "resource must be an absolute URI without fragment")
        }
        guard let resource = resource(spelled: form) else {
            throw OAuthError(.invalidTarget, "resource is not registered")
        }
        return resource
    }

    /// The resource that a comparison form names; `nil` when none has that address.
    func resource(spelled form: String) -> ProtectedResource? { spellings[form] ?? member(at: form) }

    private func member(at form: String) -> ProtectedResource? {
        fleets.isEmpty ? nil : fleets.lazy.compactMap { $0.member(at: form) }.first
    }

    /// The resource of the request's `resource` values; without any, the default or the only registered one (FD-5).
    ///
    /// - Throws: `invalid_target` for several different resources, an unknown one, or none when there is no default.
    package func resource(requested: [String]) throws(OAuthError) -> ProtectedResource {
        var found: ProtectedResource?
        for text in requested {
            let resource = try resource(text)
            // RI-2: a token is for one resource; one of several is never picked silently.
            guard found == nil || found == resource else {
                throw OAuthError(.invalidTarget, "only one resource can be requested")
            }
            found = resource
        }
        if let found = found ?? defaultResource {
            return found
        }
        guard let only = resources.first else {
            throw OAuthError(.invalidTarget, "no resource is registered")
        }
        guard resources.count == 1, only.pattern == nil else {
            throw OAuthError(.invalidTarget, "resource is required because several are registered")
        }
        return only
    }

    /// Scheme and host in lower case, an empty path as `/`: the form in which spellings are compared (FD-6).
    package static func comparisonForm(_ text: String) -> String? {
        guard text.utf8.count <= RedirectURI.byteCountMax, let uri = URIReference(text) else { return nil }
        guard uri.fragment == nil, uri.userInformation == nil, let host = uri.host, !host.isEmpty else { return nil }
        let port = uri.port.map { ":\($0)" } ?? ""
        let path = uri.path.isEmpty ? "/" : uri.path
        let query = uri.query.map { "?" + $0 } ?? ""
        return uri.scheme + "://" + host.lowercased() + port + path + query
    }
}
