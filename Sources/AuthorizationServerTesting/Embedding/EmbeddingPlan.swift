import AuthorizationServer
import DevelopmentIdentityProvider
import Logging
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import UpstreamIdentity

/// What a server for another package's test has beside the server itself.
struct EmbeddingPlan {
    /// The upstreams besides the first one.
    var upstreams: [TestServer.Upstream] = []
    /// Whether the first one is OAuth 2.0 without OpenID Connect.
    var isFirstOAuth2 = false
    /// Who can sign in besides the usual users.
    var users: [TestServer.User] = []
    /// Whether the harness serves metadata documents of clients.
    var servesDocuments = false
    /// The server's key at providers that know it by one.
    var key: PrivateKey?

    /// Starts the further providers, and adds them to the configuration and its resources.
    ///
    /// - Throws: What prevents a provider's start; those that have started are stopped.
    func start(
        _ configuration: inout Configuration,
        clock: ManualClock,
        logger: Logger
    ) async throws -> [EmbeddedUpstream] {
        var started: [EmbeddedUpstream] = []
        do {
            for upstream in upstreams {
                let provider = try DevelopmentIdentityProvider(
                    configuration: settings(upstream),
                    timeSource: clock,
                    random: SystemRandomSource(),
                    logger: logger
                )
                let issuer = try await provider.start()
                let isOAuth2 = upstream.like.map { !$0.isOpenID } ?? false
                started.append(EmbeddedUpstream(name: upstream.name, provider: provider, isOAuth2: isOAuth2))
                configuration.upstreams.append(try entry(upstream, at: issuer))
                for index in configuration.resources.indices {
                    configuration.resources[index].upstreams.append(upstream.name)
                }
            }
        } catch {
            for upstream in started { await upstream.provider.shutdown() }
            throw error
        }
        return started
    }

    private func settings(_ upstream: TestServer.Upstream) throws -> DevelopmentIdentityProvider.Configuration {
        try Self.settings(
            like: upstream.like,
            quirks: upstream.quirks,
            lifetime: upstream.tokenLifetime,
            users: users,
            key: key
        )
    }

    /// How an identity provider behaves that is like a known one, with further quirks and users.
    static func settings(
        like known: TestServer.KnownProvider?,
        quirks: Set<TestServer.UpstreamQuirk>,
        lifetime: Duration?,
        users: [TestServer.User],
        key: PrivateKey?
    ) throws -> DevelopmentIdentityProvider.Configuration {
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.openIDConnect.accessTokenLifetime = lifetime
        for (number, user) in users.enumerated() {
            provider.users.append(
                DevelopmentUser(
                    subject: user.subject,
                    name: user.name,
                    email: user.email,
                    numericID: Int64(10_000 + number),
                    additionalClaims: JSONObject(user.claims.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) })
                )
            )
        }
        // After the users, who get what users have there.
        if let known, let key { known.shape(&provider, key: key) }
        let quirks = quirks.map(\.behaviour)
        provider.openIDConnect.quirks.formUnion(quirks)
        provider.oauth2.quirks.formUnion(quirks)
        return provider
    }

    private func entry(_ upstream: TestServer.Upstream, at issuer: String) throws -> Configuration.Upstream {
        var entry = TestServer.upstreamConfiguration(name: upstream.name, issuer: issuer)
        if let known = upstream.like, let key { entry = try known.upstream(name: upstream.name, at: issuer, key: key) }
        for quirk in upstream.quirks { quirk.configure(&entry) }
        if upstream.isOnDemand { entry.login = .onDemand }
        return entry
    }
}

/// What belongs to a server for another package's test.
struct Embedding: Sendable {
    /// The providers besides the first one.
    var upstreams: [EmbeddedUpstream] = []
    /// Whether the first provider is OAuth 2.0 without OpenID Connect.
    var isFirstOAuth2 = false
    /// The documents of clients; `nil` when the harness serves none.
    var documents: ClientDocuments?
    /// What the server has answered.
    let requests: ServerRequestCapture
    /// What the test has scripted.
    let faults = ScriptedUpstreamFaults()
    /// Bounds the test's waits.
    let timer = HarnessTimer()
}
