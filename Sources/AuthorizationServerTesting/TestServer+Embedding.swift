import AuthorizationServer
import DevelopmentIdentityProvider
import OAuthProtocol
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

        /// The default server with this resource.
        public init(resource: String = TestServer.resource) {
            self.resource = resource
        }
    }

    /// How the identity provider fails the next request to its token endpoint.
    public enum UpstreamFault: Sendable {
        /// Refuses the refresh token permanently (RFC 6749 §5.2 `invalid_grant`).
        case invalidGrant
        /// Answers 503.
        case unavailable
        /// Ends the connection without an answer.
        case closedConnection
        /// Rotates the refresh token and loses the answer.
        case lostAnswer
    }

    /// Starts a server; the caller shuts it down.
    ///
    /// - Throws: Any error that prevents a server's start; a resource that is not an absolute URI without fragment is
    ///   refused by name.
    public static func start(_ options: Options) async throws -> TestServer {
        guard ResourceCatalogue.comparisonForm(options.resource) != nil else {
            throw ConfigurationError(path: "resource", message: "must be an absolute URL without fragment")
        }
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.openIDConnect.accessTokenLifetime = options.upstreamTokenLifetime
        return try await start(provider: provider) { configuration in
            let scopes = ScopeSet(options.scopes)
            configuration.resources[0].uri = options.resource
            configuration.resources[0].scopes = scopes
            configuration.scopes = configuration.scopes.union(scopes)
            configuration.tokens.accessTokenLifetime = options.accessTokenLifetime
        }
    }

    /// Starts a server, runs the body, and stops the server in any case.
    public static func run(_ options: Options, _ body: (TestServer) async throws -> Void) async throws {
        let server = try await start(options)
        do {
            try await body(server)
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }

    /// Moves the clock of the server and of the identity provider, which otherwise does not advance.
    public func advance(by duration: Duration) {
        clock.advance(by: duration)
    }

    /// Makes the identity provider fail the next token request.
    public func failNextUpstreamTokenRequest(_ fault: UpstreamFault) {
        switch fault {
        case .invalidGrant: provider.script(.invalidGrant, on: .token)
        case .unavailable: provider.script(.status(503), on: .token)
        case .closedConnection: provider.script(.closeConnection, on: .token)
        case .lostAnswer: provider.script(.rotateAndDropResponse, on: .token)
        }
    }

    /// The resource that the server protects.
    public var resourceURI: String { server.configuration.resources.first?.uri ?? Self.resource }
}
