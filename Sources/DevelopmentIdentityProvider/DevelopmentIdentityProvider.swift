package import Logging
package import OAuthProtocol
package import OpenSSLCrypto
package import SocketHTTP

/// A small identity provider for development and tests: OpenID Connect, and OAuth 2.0 in GitHub's manner beside it.
///
/// It is strict: wrong secrets, verifiers, redirect URIs and replays are refused, and a rotated refresh token that comes
/// again kills its grant, so that a client that works with it works with strict providers. On top of that, tests script
/// faults, look at the requests that came, and count refreshes.
///
/// Anybody may sign in as anybody, so it listens on loopback only.
package final class DevelopmentIdentityProvider: Sendable {
    /// Why a provider cannot be made.
    package enum StartError: Error, Hashable, Sendable {
        /// Anybody could sign in as anybody, from anywhere.
        case addressIsNotLoopback
    }

    /// The `iss` of its tokens, and its base URL; known before it is started.
    package let issuer: String
    let context: ProviderContext
    private let connections: ConnectionControl

    /// Makes a provider and reserves its port; nothing is served before `start()`.
    ///
    /// - Parameters:
    ///   - configuration: Users, clients and behaviour.
    ///   - address: Where to listen: a loopback address, with port 0 for any free port.
    ///   - timeSource: The clock of lifetimes and claims.
    ///   - random: Where codes and tokens come from.
    ///   - logger: Where trouble is reported.
    /// - Throws: `StartError`, `SocketError` when the port is taken, `CryptoError` when no key can be made.
    package init(
        configuration: Configuration = Configuration(),
        address: SocketAddress = SocketAddress(ip: .loopback, port: 0),
        timeSource: any TimeSource,
        random: any RandomSource = SystemRandomSource(),
        logger: Logger
    ) throws {
        guard address.ip.isLoopback else { throw StartError.addressIsNotLoopback }
        connections = try ConnectionControl(address: address, logger: logger)
        issuer = "http://\(connections.address)"
        context = try ProviderContext(
            issuer: issuer,
            configuration: configuration,
            timeSource: timeSource,
            random: random,
            logger: logger
        )
    }

    /// Serves; once.
    ///
    /// - Returns: The issuer.
    @discardableResult
    package func start() async throws -> String {
        try await connections.start(ProviderResponder(context: context, connections: connections))
        return issuer
    }

    /// Cuts all connections, held requests included, and stops.
    package func shutdown() async {
        await connections.stop()
    }

    /// The URL of an endpoint.
    package func url(of endpoint: EndpointName) -> String { context.url(of: endpoint) }
}
