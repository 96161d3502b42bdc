import AuthorizationServer
import DevelopmentIdentityProvider
public import OAuthClientKit
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration

extension TestServer {
    /// A client that the operator has configured, in place of one that registers itself.
    public struct ConfiguredClient: Sendable {
        /// The client id.
        public var id: String
        /// Its secret, at least 32 characters; `nil` for a public client.
        public var secret: String?
        /// Where answers go.
        public var redirectURIs: [String]

        /// A client.
        public init(_ id: String, secret: String? = nil, redirectURIs: [String] = ["http://127.0.0.1:51004/callback"]) {
            self.id = id
            self.secret = secret
            self.redirectURIs = redirectURIs
        }

        var configuration: Configuration.Client {
            var client = Configuration.Client(clientID: id)
            client.redirectURIs = redirectURIs
            client.clientSecret = secret.map { .value(SecretValue($0)) }
            client.tokenEndpointAuthMethod = secret == nil ? .none : .clientSecretPost
            return client
        }
    }

    /// Signs with a new key from now on; tokens of the old one remain valid, and verifiers have to fetch the key set.
    ///
    /// - Throws: ``HarnessError`` with what the server answered.
    public func rotateKeys() async throws {
        let response = try await transport.send(
            OutboundRequest(
                method: "POST",
                url: managementURL + "/admin/keys/rotate?force=true",
                headerFields: [("authorization", "Bearer " + adminToken)],
                limits: .init(connectTimeout: .seconds(20), totalTimeout: .seconds(60)),
                addressPolicy: .unrestricted
            )
        )
        guard response.status == 200 else {
            throw HarnessError("the keys were not rotated: the server answered \(response.status)")
        }
    }

    /// Makes an identity provider sign with a new key from now on.
    ///
    /// - Parameters:
    ///   - upstream: At this upstream; at the first one with `nil`.
    ///   - keepsOld: Whether the old key is still published, as careful providers do it.
    /// - Throws: ``HarnessError`` when there is no such upstream; an error when no key can be made.
    public func rotateUpstreamKeys(_ upstream: String? = nil, keepsOld: Bool = true) throws {
        try upstreamParts(upstream).provider.rotateKeys(keepingOld: keepsOld)
    }

    /// Makes an identity provider report that a user has signed out there (OpenID Connect Back-Channel Logout 1.0).
    ///
    /// - Parameters:
    ///   - subject: The user's name at the provider, such as `ada`.
    ///   - upstream: At this upstream; at the first one with `nil`.
    /// - Throws: ``HarnessError`` when there is no such upstream, or the server refused the token.
    public func signOutAtUpstream(_ subject: String, upstream: String? = nil) async throws {
        let found = try upstreamParts(upstream)
        let token = try found.provider.logoutToken(BackChannelLogout(clientID: "gatehouse", subject: subject))
        let client = OAuthTestClient(issuer: issuer, transport: transport, resource: nil)
        let answer = try await client.post("/oauth/backchannel-logout/" + found.name, [("logout_token", token)])
        guard answer.status == 200 else {
            throw HarnessError("the server answered \(answer.status) to the logout token: \(answer.error ?? "")")
        }
    }
}

extension OAuthTestClient {
    /// Registers a client at a test server with metadata of its own (RFC 7591).
    ///
    /// - Parameters:
    ///   - server: The test server.
    ///   - name: The name on the consent page.
    ///   - redirectURIs: Where answers go; the first one is used. One on loopback with `nil`.
    ///   - hasSecret: Whether it gets a secret, which it sends in the form.
    /// - Returns: The client with its id and secret.
    /// - Throws: ``UnexpectedAnswer`` when the registration is refused.
    public static func registered(
        at server: TestServer,
        name: String,
        redirectURIs: [String]? = nil,
        secret hasSecret: Bool = false
    ) async throws -> OAuthTestClient {
        var client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: server.resourceURI)
        let redirectURIs = redirectURIs ?? [client.redirectURI]
        client.redirectURI = redirectURIs.first ?? client.redirectURI
        let answer = try await client.register([
            "client_name": .string(name), "redirect_uris": .strings(redirectURIs),
            "token_endpoint_auth_method": hasSecret ? "client_secret_post" : "none",
        ]).require(201)
        client.id = answer["client_id"] ?? ""
        client.secret = answer["client_secret"]
        return client
    }

    /// A client of ``TestServer/Options/clients``.
    public static func configured(_ configured: TestServer.ConfiguredClient, at server: TestServer) -> OAuthTestClient {
        var client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: server.resourceURI)
        client.id = configured.id
        client.secret = configured.secret
        client.redirectURI = configured.redirectURIs.first ?? client.redirectURI
        return client
    }

    /// What the client is answered when its user says no at the consent page.
    ///
    /// - Throws: ``HarnessError`` when the server does not ask.
    public func denied(at server: TestServer) async throws -> AuthorizationRefused {
        let browser = TestBrowser(transport: server.transport)
        let page = try await browser.get(authorizationURL())
        guard page.status == 200, let ticket = page.hiddenFields["ticket"] else {
            throw HarnessError("there is no consent page; the server answered \(page.status)")
        }
        let answer = try await browser.post(
            server.issuer + "/oauth/consent",
            form: [("ticket", ticket), ("decision", "deny")]
        )
        let parameters = Self.parameters(of: answer.header("location") ?? "")
        return AuthorizationRefused(error: parameters["error"], reason: parameters["error_description"])
    }
}
