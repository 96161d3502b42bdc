package import Logging
package import OAuthProtocol
package import OpenSSLCrypto
package import SocketHTTP

/// A small identity provider for development and tests: OpenID Connect, and OAuth 2.0 in the style of GitHub.
///
/// It is strict: wrong secrets, verifiers, redirect URIs and replays are refused, and a repeated rotated refresh token
/// revokes its grant. A client that works with it therefore works with strict providers. In addition, tests script
/// faults, inspect the received requests, and count refreshes.
///
/// Anyone may sign in as any user, so it listens on loopback only.
package final class DevelopmentIdentityProvider: Sendable {
    /// Why a provider cannot be created.
    package enum StartError: Error, Hashable, Sendable {
        /// On this address anyone on the network could sign in as any user.
        case addressIsNotLoopback
    }

    /// The `iss` of its tokens, and its base URL; known before it is started.
    package let issuer: String
    let context: ProviderContext
    private let connections: ConnectionControl

    /// Creates a provider and reserves its port; nothing is served before `start()`.
    ///
    /// - Parameters:
    ///   - configuration: Users, clients and behaviour.
    ///   - address: Where to listen: a loopback address, with port 0 for any free port.
    ///   - timeSource: The clock of lifetimes and claims.
    ///   - random: The source of codes and tokens.
    ///   - logger: Receives failures.
    /// - Throws: `StartError`, `SocketError` when the port is in use, `CryptoError` when no key can be made.
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

    /// Starts serving; must be called once.
    ///
    /// - Returns: The issuer.
    @discardableResult
    package func start() async throws -> String {
        try await connections.start(ProviderResponder(context: context, connections: connections))
        return issuer
    }

    /// Closes all connections, including held requests, and stops.
    package func shutdown() async {
        await connections.stop()
    }

    /// The URL of an endpoint.
    package func url(of endpoint: EndpointName) -> String { context.url(of: endpoint) }
}
