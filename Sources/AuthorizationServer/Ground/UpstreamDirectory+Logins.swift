package import OAuthProtocol
import UpstreamIdentity

/// What decides which upstreams a login visits, beside each upstream's own rule.
package struct LoginRules: Sendable {
    let resources: ResourceCatalogue
    let identity: String?

    /// The rules of a server's resources; `identity` names the upstream that users log in with.
    package init(resources: ResourceCatalogue = ResourceCatalogue([]), identity: String? = nil) {
        self.resources = resources
        self.identity = identity
    }
}

extension UpstreamDirectory {
    /// The providers that a login for this resource visits, in order: the one that identifies its users, then its own
    /// that are not on demand.
    ///
    /// A resource without any has the first configured one, so that some provider always identifies the user.
    package func loginChain(for resource: ProtectedResource) -> [String] {
        let identity = identity(for: resource)
        let own = resource.upstreams.filter { $0 != identity && need(of: $0, for: resource) != .onDemand }
        if let identity { return [identity] + own }
        guard resource.upstreams.isEmpty else { return own }
        return names.filter { need(of: $0, for: resource) != .onDemand }.prefix(1).map(\.self)
    }

    /// The providers that a login visits whose user left out optional ones; one has to identify the user, so at
    /// least the first remains.
    func loginChain(for resource: ProtectedResource, without declined: Set<String>) -> [String] {
        let chain = loginChain(for: resource)
        let chosen = chain.filter { !declined.contains($0) }
        return chosen.isEmpty ? Array(chain.prefix(1)) : chosen
    }

    /// The resource's providers that no login for it visits: the first retrieval of a token sends the user there.
    ///
    /// Without the operator's own, which are no account of the user's.
    package func onDemand(for resource: ProtectedResource) -> [String] {
        resource.upstreams.filter { need(of: $0, for: resource) == .onDemand && self[$0]?.machine == nil }
    }

    /// When a login for a resource visits one of its providers; always, if the provider identifies the users.
    package func need(of name: String, for resource: ProtectedResource) -> LoginNeed {
        if identity(for: resource) == name { return .required }
        return resource.logins[name] ?? self[name]?.login ?? .required
    }

    /// Whether a login for the resource with this URI continues when a provider fails, or the user leaves it out.
    package func isOptional(_ name: String, for resource: String) -> Bool {
        // The operator may have removed the resource since the login began.
        guard let resource = logins.resources.registered(resource) else { return self[name]?.login == .optional }
        return need(of: name, for: resource) == .optional
    }

    /// The providers that a login for the resource with this URI visits only if its user agrees.
    func optional(for resource: String) -> Set<String> {
        Set(names.filter { isOptional($0, for: resource) })
    }

    private func identity(for resource: ProtectedResource) -> String? {
        resource.identity ?? logins.identity
    }
}
