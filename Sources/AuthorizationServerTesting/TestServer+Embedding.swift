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

        /// The server's first moment, in seconds since 1970, fixed until ``TestServer/advance(by:)``.
        ///
        /// `nil`, the default, is the present, from which time passes: a verifier with a clock of its own accepts the
        /// tokens.
        public var start: Int?
        /// Who can sign in at the identity provider, besides `ada` and `grace`.
        public var users: [User] = []

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

        /// A person.
        public init(_ subject: String, name: String? = nil, email: String? = nil) {
            self.subject = subject
            self.name = name ?? subject
            self.email = email
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
    /// - Throws: Any error that prevents a server's start; an option without sense is refused by name.
    public static func start(_ options: Options) async throws -> TestServer {
        try options.check()
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.openIDConnect.accessTokenLifetime = options.upstreamTokenLifetime
        let key = try PrivateKey.generate(.es256)
        options.upstreamLike?.shape(&provider, key: key)
        let quirks = options.upstreamQuirks.map(\.behaviour)
        provider.openIDConnect.quirks.formUnion(quirks)
        provider.oauth2.quirks.formUnion(quirks)
        for (number, user) in options.users.enumerated() {
            provider.users.append(
                DevelopmentUser(
                    subject: user.subject,
                    name: user.name,
                    email: user.email,
                    numericID: Int64(10_000 + number)
                )
            )
        }
        let clock = options.start.map { ManualClock(Timestamp(secondsSinceEpoch: Int64($0))) } ?? .following()
        return try await start(clock: clock, provider: provider) { configuration in
            let scopes = ScopeSet(options.scopes)
            configuration.resources[0].uri = options.resource
            configuration.resources[0].scopes = scopes
            configuration.scopes = configuration.scopes.union(scopes)
            configuration.tokens.accessTokenLifetime = options.accessTokenLifetime
            if let known = options.upstreamLike, let site = configuration.upstreams[0].issuer {
                configuration.upstreams[0] = try known.upstream(name: upstream, at: site, key: key)
            }
            for quirk in options.upstreamQuirks { quirk.configure(&configuration.upstreams[0]) }
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

    /// The time of the server and of the identity provider, in seconds since 1970, as in `iat` and `exp`.
    public var now: Int { Int(clock.now().secondsSinceEpoch) }

    /// The token for the management listener's `/admin`, as a bearer token.
    public var adminToken: String { Self.adminSecret }

    /// An access token of a user who has logged in, for tests of a resource server: registers a client, and walks
    /// through consent and sign-in as a browser does.
    ///
    /// - Parameters:
    ///   - subject: Who signs in, one of the users of the identity provider.
    ///   - scopes: The scopes to request; `nil` for every scope of the resource.
    /// - Returns: The JWT.
    /// - Throws: ``AuthorizationRefused`` with what the server or the provider answered.
    public func issueToken(subject: String = "ada", scopes: [String]? = nil) async throws -> String {
        var client = try await OAuthTestClient.registered(at: self)
        client.scope = scopes?.joined(separator: " ") ?? server.configuration.resources.first?.scopes.text
        let answer = try await client.tokens(at: self, as: subject)
        guard let token = answer["access_token"] else {
            throw AuthorizationRefused(error: answer.error, reason: answer["error_description"])
        }
        return token
    }

    /// Moves the time of the server and of the identity provider forward.
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

extension TestServer.Options {
    fileprivate func check() throws {
        guard ResourceCatalogue.comparisonForm(resource) != nil else {
            throw ConfigurationError(path: "resource", message: "must be an absolute URL without fragment")
        }
        // A text that is no scope has no tokens.
        for scope in scopes where (try? ScopeSet(parsing: scope))?.tokens.count != 1 {
            throw ConfigurationError(path: "scopes", message: "must be scope tokens without spaces (RFC 6749 §3.3)")
        }
        guard accessTokenLifetime >= .seconds(1) else {
            throw ConfigurationError(path: "accessTokenLifetime", message: "must be at least 1 s")
        }
        guard upstreamTokenLifetime.map({ $0 >= .seconds(1) }) ?? true else {
            throw ConfigurationError(path: "upstreamTokenLifetime", message: "must be at least 1 s")
        }
    }
}

/// A login that brought no code or no token, with what was answered.
public struct AuthorizationRefused: Error, CustomStringConvertible {
    /// The `error` of the answer; `nil` when there was only a page.
    public let error: String?
    /// The `error_description`, or the text of the page.
    public let reason: String?

    /// Both, in one line.
    public var description: String {
        "the authorization was refused: \([error, reason].compactMap { $0 }.joined(separator: ": "))"
    }
}

/// Starts a server, runs the body, and stops the server in any case.
///
/// - Returns: The result of the body.
/// - Throws: What the start or the body throws.
public func withGatehouse<Value>(
    _ options: TestServer.Options = .init(),
    _ body: (TestServer) async throws -> Value
) async throws -> Value {
    let server = try await TestServer.start(options)
    let result: Value
    do {
        result = try await body(server)
    } catch {
        await server.shutdown()
        throw error
    }
    await server.shutdown()
    return result
}
