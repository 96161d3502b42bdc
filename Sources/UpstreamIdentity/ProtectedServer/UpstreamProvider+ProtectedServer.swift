import Logging
import OAuthProtocol

extension UpstreamProvider {
    /// The parts that only a protected MCP server has.
    struct Protected: Sendable {
        let discovery: ProtectedServerDiscovery
        let endpoints: CachedDocument<UpstreamEndpoints>

        /// `nil` for a provider of another kind.
        init?(
            _ configuration: UpstreamConfiguration,
            _ exchange: UpstreamExchange,
            _ clients: UpstreamClients,
            timeSource: any TimeSource,
            logger: Logger
        ) {
            guard case .protectedServer(let server) = configuration.kind else { return nil }
            let discovery = ProtectedServerDiscovery(
                exchange: exchange,
                server: server,
                choosesScopes: configuration.scopes.isEmpty
            )
            self.discovery = discovery
            endpoints = CachedDocument(
                lifetimes: ProtectedServerDiscovery.lifetimes,
                timeSource: timeSource
            ) {
                do throws(UpstreamError) {
                    return .success(try await discovery.endpoints(pinned: server.issuer ?? clients.pinnedIssuer))
                } catch {
                    logger.warning(
                        "discovery at a protected server failed",
                        metadata: ["reason": "\(error.failureReason.rawValue)", "detail": "\(error.reason)"]
                    )
                    return .failure(error)
                }
            }
        }
    }

    /// Whether tokens that are bound to a client, as ``UpstreamClient/binding`` says, are for the present server.
    ///
    /// A protected server, and the API of an entered credential, can have changed unnoticed under one name. A user's
    /// token must not be returned for the server that the operator names now: that server could use it at the one
    /// before, also where both have the same authorization server. A registration that the same authorization server
    /// has replaced leaves access tokens valid.
    ///
    /// - Throws: ``UpstreamError`` of the registration, before which the authorization server is unknown.
    package func accepts(tokensOf binding: String) async throws(UpstreamError) -> Bool {
        if let entered = enteredCredential { return entered.accepts(binding: binding) }
        guard protected != nil else { return true }
        // Not a new registration if there is one: a good token does not wait for it.
        let client = if let known = clients.known { known } else { try await client() }
        guard let purpose = client.purpose else { return true }
        return binding.utf8.reversed().starts(with: (" " + purpose).utf8.reversed())
    }

    /// The endpoints without becoming a client first: a look at the provider.
    func examinedEndpoints() async throws(UpstreamError) -> UpstreamEndpoints {
        guard let protected else { return try await endpoints() }
        return try await protected.discovery.endpoints(
            pinned: protected.discovery.server.issuer ?? clients.pinnedIssuer
        )
    }
}
