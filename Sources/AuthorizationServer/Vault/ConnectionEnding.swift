package import Logging
package import OAuthProtocol
package import OAuthState
import UpstreamIdentity

/// Ends a connection: erased here, then revoked at the provider, with both results told.
package struct ConnectionEnding: Sendable {
    private let vault: any ConnectionStore
    private let upstreams: UpstreamDirectory
    private let sealing: TokenSealing
    private let logger: Logger

    /// Ending of connections in a vault.
    package init(
        vault: any ConnectionStore,
        upstreams: UpstreamDirectory,
        sealing: TokenSealing,
        logger: Logger
    ) {
        self.vault = vault
        self.upstreams = upstreams
        self.sealing = sealing
        self.logger = logger
    }

    /// What came of it.
    package struct Outcome: Sendable {
        /// The connection as it was.
        package let connection: Connection
        /// What the provider said.
        package let provider: ProviderRevocation.Result

        /// As the connections API answers it; the erasure here is a fact when there is an answer at all.
        var json: JSONObject {
            [
                "id": .string(connection.id.text),
                "upstream": .string(connection.upstream),
                "erased": true,
                "provider": .string(provider.rawValue),
            ]
        }
    }

    /// Ends the connection; `nil` when there is none any more.
    ///
    /// Erasing comes first and is durable: whatever the provider says or does not say, the tokens are not used again.
    ///
    /// - Throws: `temporarily_unavailable` when the journal cannot be written; nothing has changed then.
    package func end(_ id: ConnectionID) async throws(OAuthError) -> Outcome? {
        guard let connection = try await OAuthError.attempt(await vault.disconnect(id).outcome) else { return nil }
        return Outcome(connection: connection, provider: await revoke(connection))
    }

    /// Revokes the tokens of a connection that has been erased here.
    func revoke(_ connection: Connection) async -> ProviderRevocation.Result {
        guard let provider = upstreams[connection.upstream] else { return .notConfigured }
        let accessToken: String
        let refreshToken: String?
        do {
            accessToken = try sealing.accessToken(of: connection)
            refreshToken = try sealing.refreshToken(of: connection)
        } catch {
            logger.error("stored tokens could not be opened", metadata: ["upstream": "\(connection.upstream)"])
            return .failed
        }
        // Another client's tokens cannot be revoked by this one (VR-8).
        guard let clientID = provider.clientID, connection.upstreamClientID.hasSameBytes(as: clientID) else {
            return .notConfigured
        }
        return await ProviderRevocation(provider: provider)
            .revoke(accessToken: accessToken, refreshToken: refreshToken)
    }
}
