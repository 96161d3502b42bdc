import AuthorizationServer
import DevelopmentIdentityProvider
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration

/// The interface for other packages' tests; the rest of the harness is for the tests of this package.
extension TestServer {
    /// How a server in a test differs from the default one.
    public struct Options: Sendable {
        /// The resource that access tokens are for (RFC 8707), an absolute URI; the MCP server under test.
        public var resource: String
        /// The scopes of the resource.
        public var scopes = ["mcp:read", "mcp:write"]
        /// How long an access token lives, by the server's clock.
        public var accessTokenLifetime = Duration.seconds(3600)
        /// The lifetime of the identity provider's access tokens; `nil` for tokens without `expires_in`.
        public var upstreamTokenLifetime: Duration? = .seconds(3600)
        /// The public provider that the identity provider is like; `nil` for one that follows the specifications.
        ///
        /// The server is configured by its preset, and access tokens have the lifetime that they have there.
        public var upstreamLike: KnownProvider?
        /// Further ways in which the provider differs from the specifications; the server is configured for them.
        public var upstreamQuirks: Set<UpstreamQuirk> = []
        /// The upstreams of the resource besides the first one; a login visits all that are not on demand.
        public var furtherUpstreams: [Upstream] = []

        /// The server's first moment, in seconds since 1970, fixed until ``TestServer/advance(by:)``.
        ///
        /// `nil`, the default, is the present, from which time passes: a verifier with a clock of its own accepts the
        /// tokens.
        public var start: Int?
        /// Who can sign in at the identity provider, besides `ada` and `grace`.
        public var users: [User] = []
        /// The clients that the operator has configured; others register themselves or have a metadata document.
        public var clients: [ConfiguredClient] = []
        /// Whether ``withGatehouse(_:_:)`` fails a test whose faults no request has met.
        public var requiresFaultsToOccur = true

        /// The default server with this resource.
        public init(resource: String = TestServer.resource) {
            self.resource = resource
        }
    }

    /// A person who can sign in at the identity provider.
    public struct User: Sendable {
        /// The name to sign in with, and the provider's `sub`.
        public var subject: String
        /// The full name.
        public var name: String
        /// The verified e-mail address, if there is one.
        public var email: String?
        /// Further claims of ID token and userinfo, such as `groups`.
        public var claims: [String: ClaimValue]

        /// A person.
        public init(
            _ subject: String,
            name: String? = nil,
            email: String? = nil,
            claims: [String: ClaimValue] = [:]
        ) {
            self.subject = subject
            self.name = name ?? subject
            self.email = email
            self.claims = claims
        }
    }

    /// Starts a server; the caller shuts it down.
    ///
    /// - Throws: Any error that prevents a server's start; an option without sense is refused by name.
    public static func start(_ options: Options) async throws -> TestServer {
        try options.check()
        var plan = EmbeddingPlan(upstreams: options.furtherUpstreams, users: options.users, servesDocuments: true)
        plan.isFirstOAuth2 = options.upstreamLike.map { !$0.isOpenID } ?? false
        let needsKey = options.upstreamLike != nil || options.furtherUpstreams.contains { $0.like != nil }
        let key = needsKey ? try PrivateKey.generate(.es256) : nil
        plan.key = key
        let provider = try EmbeddingPlan.settings(
            like: options.upstreamLike,
            quirks: options.upstreamQuirks,
            lifetime: options.upstreamTokenLifetime,
            users: options.users,
            key: key
        )
        let clock = options.start.map { ManualClock(Timestamp(secondsSinceEpoch: Int64($0))) } ?? .following()
        return try await launch(plan, clock: clock, provider: provider) { configuration in
            let scopes = ScopeSet(options.scopes)
            configuration.resources[0].uri = options.resource
            configuration.resources[0].scopes = scopes
            configuration.scopes = configuration.scopes.union(scopes)
            configuration.tokens.accessTokenLifetime = options.accessTokenLifetime
            configuration.clients = options.clients.map(\.configuration)
            if let known = options.upstreamLike, let key, let site = configuration.upstreams[0].issuer {
                configuration.upstreams[0] = try known.upstream(name: upstream, at: site, key: key)
            }
            for quirk in options.upstreamQuirks { quirk.configure(&configuration.upstreams[0]) }
        }
    }

    /// Starts a server, runs the body, and stops the server in any case; ``withGatehouse(_:_:)`` does the same.
    public static func run(_ options: Options, _ body: (TestServer) async throws -> Void) async throws {
        try await withGatehouse(options, body)
    }

    /// The time of the server and of the identity provider, in seconds since 1970, as in `iat` and `exp`.
    public var now: Int { Int(clock.now().secondsSinceEpoch) }

    /// The token for the management listener's `/admin`, as a bearer token.
    public var adminToken: String { Self.adminSecret }

    /// Moves the time of the server and of the identity provider forward.
    public func advance(by duration: Duration) {
        clock.advance(by: duration)
    }

    /// The resource that the server protects.
    public var resourceURI: String { server.configuration.resources.first?.uri ?? Self.resource }
}
