package import OAuthProtocol
package import OutboundHTTP

/// RFC 7591: OAuth 2.0 Dynamic Client Registration, as the client of a provider.
package struct UpstreamRegistrar: Sendable {
    private let exchange: UpstreamExchange
    private let timeSource: any TimeSource

    /// Makes a registrar that connects only where the policy permits and follows no redirect, so that the initial
    /// access token goes nowhere else.
    package init(
        transport: any OutboundTransport,
        timeSource: any TimeSource,
        addressPolicy: AddressPolicy = .publicOnly,
        allowsInsecureHTTP: Bool = false
    ) {
        exchange = UpstreamExchange(
            transport: transport,
            addressPolicy: addressPolicy,
            limits: OutboundRequest.Limits(),
            allowsInsecureHTTP: allowsInsecureHTTP
        )
        self.timeSource = timeSource
    }

    /// Registers once; the caller stores the result and does not register again while it is valid.
    ///
    /// - Parameter request: The endpoint and the client's metadata.
    /// - Returns: The credentials, which exist nowhere else.
    /// - Throws: ``UpstreamError``.
    package func register(
        _ request: UpstreamRegistrationRequest
    ) async throws(UpstreamError) -> UpstreamClientRegistration {
        if case .protectedServer(let server) = request.target { return try await register(request, at: server) }
        let place = try await place(of: request.target)
        return try await register(request, at: place.url, method: place.method)
    }

    /// MCP 2026-07-28, Client Registration: our metadata document where the authorization server supports that,
    /// otherwise a registration.
    private func register(
        _ request: UpstreamRegistrationRequest,
        at server: ProtectedServer
    ) async throws(UpstreamError) -> UpstreamClientRegistration {
        let discovery = ProtectedServerDiscovery(
            exchange: exchange,
            server: server,
            choosesScopes: request.scopes.isEmpty
        )
        let endpoints = try await discovery.endpoints(pinned: server.issuer)
        if endpoints.acceptsClientDocuments, let document = server.clientDocument,
            endpoints.tokenAuthenticationMethods?.contains("none") ?? true
        {
            return UpstreamClientRegistration(
                clientID: document,
                clientSecret: nil,
                secretExpiry: nil,
                authenticationMethod: .none,
                registrationAccessToken: nil,
                registrationClientURI: nil,
                registeredAt: timeSource.now(),
                issuer: endpoints.issuer
            )
        }
        guard let url = endpoints.registration else {
            throw UpstreamError(
                .misconfigured,
                "the authorization server supports neither client ID metadata documents nor registration"
            ).because(.registrationUnavailable)
        }
        var request = request
        if request.scopes.isEmpty { request.scopes = endpoints.scopes }
        return try await register(request, at: url, method: try method(endpoints), issuer: endpoints.issuer)
    }

    private func register(
        _ request: UpstreamRegistrationRequest,
        at url: String,
        method: TokenEndpointAuthenticationMethod,
        issuer: String? = nil
    ) async throws(UpstreamError) -> UpstreamClientRegistration {
        let metadata = metadata(request, method: method)
        var fields = [(name: "Content-Type", value: "application/json"), (name: "Accept", value: "application/json")]
        if let token = request.initialAccessToken { fields.append(("Authorization", "Bearer " + token.value)) }
        let response = try await exchange.send(
            method: "POST",
            url: url,
            headerFields: fields,
            body: metadata.serialized()
        )
        if response.status == 401 || response.status == 403 {
            throw UpstreamError(.invalidClient, "the provider refused the registration: status \(response.status)")
        }
        return try registration(UpstreamAnswer.object(of: response), at: timeSource.now(), issuer: issuer)
    }

    /// The endpoint, and the best method that the provider offers: Basic, then form, then none.
    private func place(
        of target: UpstreamRegistrationRequest.Target
    ) async throws(UpstreamError) -> (url: String, method: TokenEndpointAuthenticationMethod) {
        switch target {
        case .endpoint(let url): return (url, .clientSecretBasic)
        case .protectedServer(let server):
            throw UpstreamError(.misconfigured, "the metadata of \(server.url) names the endpoint")
        case .issuer(let issuer):
            let rule = IssuerRule(configured: issuer, behaviour: UpstreamBehaviour())
            let discovery = UpstreamDiscovery(exchange: exchange, rule: rule, overrides: UpstreamEndpointOverrides())
            let endpoints = try await discovery.endpoints()
            guard let url = endpoints.registration else {
                throw UpstreamError(.misconfigured, "the provider has no registration endpoint")
            }
            return (url, try method(endpoints))
        }
    }

    private func method(_ endpoints: UpstreamEndpoints) throws(UpstreamError) -> TokenEndpointAuthenticationMethod {
        guard let offered = endpoints.tokenAuthenticationMethods else { return .clientSecretBasic }
        if offered.contains("client_secret_basic") { return .clientSecretBasic }
        if offered.contains("client_secret_post") { return .clientSecretPost }
        // Only PKCE protects a client without a secret: the provider must state that it checks it.
        if offered.contains("none"), endpoints.codeChallengeMethods?.contains("S256") == true { return .none }
        throw UpstreamError(.misconfigured, "the provider offers no supported authentication method")
    }

    private func metadata(
        _ request: UpstreamRegistrationRequest,
        method: TokenEndpointAuthenticationMethod
    ) -> JSONObject {
        // OpenID Connect Dynamic Client Registration 1.0 §2: a web client has no redirect URI on plain http.
        let isWeb = request.redirectURIs.allSatisfy { $0.hasPrefix("https://") }
        var metadata: JSONObject = [
            "client_name": .string(request.clientName), "redirect_uris": .strings(request.redirectURIs),
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "application_type": isWeb ? "web" : "native", "token_endpoint_auth_method": .string(method.rawValue),
        ]
        if !request.scopes.isEmpty { metadata["scope"] = .string(ScopeSet(request.scopes).text) }
        return metadata
    }

    private func registration(
        _ json: JSONObject,
        at now: Timestamp,
        issuer: String?
    ) throws(UpstreamError) -> UpstreamClientRegistration {
        guard let clientID = json.firstText(at: ["client_id"]), clientID.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw UpstreamError(.invalidResponse, "the registration has no usable client_id", isOutcomeUnknown: true)
        }
        // RFC 7591 §2: Basic when the answer names no method.
        let name = json.firstText(at: ["token_endpoint_auth_method"]) ?? "client_secret_basic"
        let methods: [TokenEndpointAuthenticationMethod] = [.clientSecretBasic, .clientSecretPost, .none]
        guard let method = methods.first(where: { $0.rawValue == name }) else {
            throw UpstreamError(.invalidResponse, "the registration has an unsupported authentication method")
        }
        let secret = json.firstText(at: ["client_secret"])
        guard !method.usesSecret || secret != nil else {
            throw UpstreamError(.invalidResponse, "the registration has no client_secret")
        }
        return UpstreamClientRegistration(
            clientID: clientID,
            clientSecret: method.usesSecret ? secret.map(UpstreamClientSecret.init) : nil,
            // RFC 7591 §3.2.1: zero means never.
            secretExpiry: json["client_secret_expires_at"] == 0 ? nil : json.date("client_secret_expires_at"),
            authenticationMethod: method,
            registrationAccessToken: json.firstText(at: ["registration_access_token"]).map(UpstreamClientSecret.init),
            registrationClientURI: json.firstText(at: ["registration_client_uri"]),
            registeredAt: now,
            issuer: issuer
        )
    }
}
