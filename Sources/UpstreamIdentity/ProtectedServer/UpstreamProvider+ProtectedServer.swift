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

    /// The endpoints without becoming a client first: a look at the provider.
    func examinedEndpoints() async throws(UpstreamError) -> UpstreamEndpoints {
        guard let protected else { return try await endpoints() }
        return try await protected.discovery.endpoints(
            pinned: protected.discovery.server.issuer ?? clients.pinnedIssuer
        )
    }
}
