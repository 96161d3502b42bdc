package import Logging
package import OAuthProtocol
package import OAuthState
import UpstreamIdentity

/// Ends a connection: erases it here, revokes it at the provider, and reports both results.
package struct ConnectionEnding: Sendable {
    private let vault: any ConnectionStore
    private let upstreams: UpstreamDirectory
    private let sealing: TokenSealing
    private let logger: Logger

    /// Ends connections of a vault.
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

    /// The results.
    package struct Outcome: Sendable {
        /// The connection as it was.
        package let connection: Connection
        /// The provider's answer.
        package let provider: ProviderRevocation.Result

        /// The result for the connections API; the erasure here is certain when there is an answer at all.
        var json: JSONObject {
            [
                "id": .string(connection.id.text),
                "upstream": .string(connection.upstream),
                "erased": true,
                "provider": .string(provider.rawValue),
            ]
        }
    }

    /// Ends the connection; `nil` when it no longer exists.
    ///
    /// The erasure comes first and is durable: whatever the provider answers, the tokens are not used again.
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
        // Another client's tokens cannot be revoked by this one, and another authorization server must not see them
        // (VR-8).
        guard let client = provider.knownClient else { return .notConfigured }
        do {
            guard try await sealing.areIssued(connection, to: client, provider) else { return .notConfigured }
        } catch {
            return .failed
        }
        return await ProviderRevocation(provider: provider)
            .revoke(accessToken: accessToken, refreshToken: refreshToken)
    }
}
