import AuthorizationServer
package import DevelopmentIdentityProvider
import Logging
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration
package import SocketHTTP

/// A server with a resource for each known provider, whose upstream is like that provider.
///
/// The clock follows real time, so that verifiers with a clock of their own accept the tokens.
package struct KnownProviderServer: Sendable {
    /// The server.
    package let server: TestServer
    private let providers: [TestServer.KnownProvider: DevelopmentIdentityProvider]

    /// The provider of a kind.
    package func provider(_ known: TestServer.KnownProvider) throws -> DevelopmentIdentityProvider {
        guard let provider = providers[known] else { throw Missing(provider: known.rawValue) }
        return provider
    }

    /// A provider that was not started.
    private struct Missing: Error {
        let provider: String
    }

    /// How often the tokens of all users of a provider were refreshed, in the order of their logins.
    package func refreshCounts(at known: TestServer.KnownProvider) async throws -> [Int] {
        try await provider(known).grantReports().map(\.refreshCount)
    }

    /// The scopes that the refreshes at a provider named.
    package func refreshScopes(at known: TestServer.KnownProvider) throws -> [String?] {
        try provider(known).capturedRequests(on: .token)
            .filter { $0.parameter("grant_type") == "refresh_token" }.map { $0.parameter("scope") }
    }

    /// Starts the providers, then what serves the resources, then the server; stops all but the second in any case.
    ///
    /// - Parameters:
    ///   - reservation: Where the server listens, which is also its issuer.
    ///   - serve: Starts what serves the resources: given the issuer, and by provider an endpoint that takes its access
    ///     tokens, or an empty text; returns the resources by provider.
    ///   - body: The test.
    /// - Throws: What the start of a provider or the server, or the body throws.
    package static func run(
        at reservation: PortReservation,
        serving serve: (_ issuer: String, _ apis: [String: String]) async throws -> [String: String],
        _ body: (KnownProviderServer) async throws -> Void
    ) async throws {
        let clock = ManualClock.following()
        let key = try PrivateKey.generate(.es256)
        var providers: [TestServer.KnownProvider: DevelopmentIdentityProvider] = [:]
        for known in TestServer.KnownProvider.allCases {
            providers[known] = try await start(known, key: key, clock: clock)
        }
        do {
            let issuer = "http://\(reservation.address)"
            let apis = providers.map { ($0.key.rawValue, $0.key.api(of: $0.value)) }
            let resources = try await serve(issuer, Dictionary(uniqueKeysWithValues: apis))
            let upstreams = try providers.sorted { $0.key.rawValue < $1.key.rawValue }.map { known, provider in
                try known.upstream(name: known.rawValue, at: provider.issuer, key: key)
            }
            try await run(at: reservation, clock: clock, upstreams, resources) { server in
                try await body(KnownProviderServer(server: server, providers: providers))
            }
        } catch {
            for provider in providers.values { await provider.shutdown() }
            throw error
        }
        for provider in providers.values { await provider.shutdown() }
    }

    private static func start(
        _ known: TestServer.KnownProvider,
        key: PrivateKey,
        clock: ManualClock
    ) async throws -> DevelopmentIdentityProvider {
        var configuration = DevelopmentIdentityProvider.Configuration()
        known.shape(&configuration, key: key)
        let logger = Logger(label: "provider") { _ in SwiftLogNoOpLogHandler() }
        let provider = try DevelopmentIdentityProvider(configuration: configuration, timeSource: clock, logger: logger)
        try await provider.start()
        return provider
    }

    private static func run(
        at reservation: PortReservation,
        clock: ManualClock,
        _ upstreams: [Configuration.Upstream],
        _ resources: [String: String],
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let issuer = try Issuer("http://\(reservation.address)")
        try await TestServer.run(
            clock: clock,
            configure: { configuration in
                configuration.issuer = issuer
                configuration.listen = [.init(address: reservation.address)]
                configuration.upstreams = upstreams
                configuration.resources = resources.sorted { $0.key < $1.key }.map { name, uri in
                    var resource = Configuration.Resource(uri: uri, scopes: ScopeSet(["mcp:read"]))
                    resource.upstreams = [name]
                    resource.clientID = "server-of-" + name
                    resource.clientSecret = .value(SecretValue(TestServer.resourceServer.secret))
                    return resource
                }
            },
            environment: { $0.reservations = [reservation] },
            body
        )
    }
}

extension TestServer.KnownProvider {
    /// An endpoint that takes access tokens; empty where the provider has none.
    fileprivate func api(of provider: DevelopmentIdentityProvider) -> String {
        guard self != .notion else { return "" }
        return provider.url(of: isOpenID ? .userInfo : .oauth2User)
    }
}
