import OAuthProtocol

/// What the rest of the server says about a grant: token endpoint, registration, configuration, metadata, OpenAPI,
/// metrics and audit read it here and nowhere else.
struct GrantDeclaration: Sendable {
    /// The `grant_type` of its requests, in metadata, registrations and audit events.
    let type: GrantType
    /// The short name: the label `grant` of metrics, and the grant's name in messages.
    let name: String
    /// One sentence for `/openapi.json`.
    let summary: String
    /// The form's parameters besides `grant_type` and those of client authentication.
    let parameters: [String]
    /// Which client its requests need.
    var client = ClientRule.registered
    /// Who may have it in a registration or a metadata document.
    var registration = RegistrationRule.never
    /// The grants whose holders may use this one too.
    var includedIn: Set<GrantType> = []

    /// Which client a grant's requests need.
    enum ClientRule: Sendable {
        /// A client that is registered for the grant; a public one is authenticated by what the grant itself checks.
        case registered
        /// RFC 6749 §4.4: a client that an operator registered and that proves itself.
        case confidential
        /// None; but one that is named must prove itself as registered, and be registered for the grant.
        case optional
    }

    /// Who may have a grant in a registration or a metadata document (RFC 7591 §2, `grant_types`).
    enum RegistrationRule: Sendable {
        /// Only clients of the configuration.
        case never
        /// Clients that name it.
        case onRequest
        /// Clients that name it, and those that name no grant.
        case byDefault
    }

    /// Refuses a client that may not use the grant.
    ///
    /// TK-11: only when it is true, because the TypeScript SDK drops its registration when it reads
    /// unauthorized_client.
    ///
    /// - Throws: `unauthorized_client`.
    func check(_ client: Client) throws(OAuthError) {
        guard client.grantTypes.contains(where: { $0 == type || includedIn.contains($0) }) else {
            throw OAuthError(.unauthorizedClient, "this client is not registered for this grant_type")
        }
        guard case .confidential = self.client else { return }
        // RFC 6749 §4.4: no operator vouches for a client that registered itself.
        guard client.kind == .preRegistered, !client.isPublic else {
            throw OAuthError(.unauthorizedClient, "\(name) is for pre-registered confidential clients")
        }
    }
}

extension Sequence<GrantDeclaration> {
    /// Every `grant_type`, each once, in order.
    var types: [GrantType] {
        var seen: Set<GrantType> = []
        return map(\.type).filter { seen.insert($0).inserted }
    }

    /// Every parameter of the forms, each once, in order.
    var parameters: [String] {
        var seen: Set<String> = []
        return flatMap(\.parameters).filter { seen.insert($0).inserted }
    }

    /// What clients that register themselves may have.
    var registrable: Set<GrantType> { Set(filter { $0.registration != .never }.map(\.type)) }

    /// What clients that register themselves have without asking.
    var registeredByDefault: Set<GrantType> { Set(filter { $0.registration == .byDefault }.map(\.type)) }
}
