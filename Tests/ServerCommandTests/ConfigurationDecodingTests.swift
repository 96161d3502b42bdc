import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration
import SocketHTTP
import Testing
import UpstreamIdentity

@testable import ServerCommand

@Suite("The configuration of the design")
struct ConfigurationDecodingTests {
    @Test("is accepted once its dangling upstream is removed, and every value arrives")
    func acceptsTheSample() throws {
        let configuration = try decode(DesignSample.valid)
        #expect(configuration.issuer.text == "https://auth.example.com")
        #expect(configuration.listen.first?.address == SocketAddress("0.0.0.0:8443"))
        #expect(configuration.listen.first?.tls?.privateKeyFile == "/etc/gatehouse/tls.key")
        #expect(configuration.management.address == SocketAddress("127.0.0.1:9090"))
        #expect(configuration.management.isAddressConfigured)
        #expect(configuration.management.adminToken == .file("/etc/gatehouse/admin-token"))
        #expect(configuration.storage.directory == "/var/lib/gatehouse")
        #expect(configuration.storage.snapshotInterval == .seconds(300))
        #expect(configuration.storage.journal == .always)
        #expect(configuration.signing.algorithm == .es256)
        #expect(configuration.tokens == Configuration.Tokens())
        #expect(configuration.consent == .always)
        #expect(configuration.registration == Configuration.Registration())
        #expect(configuration.scopes.text == "openid profile email offline_access mcp:read")
        #expect(configuration.limits == Configuration.Limits())
        #expect(configuration.outbound.caFile == "/etc/ssl/corp-ca.pem")
        #expect(configuration.trustedProxies.isEmpty)
    }

    @Test("C-1, C-4, N-8: patterns, the default resource and the rates of document fetches arrive")
    func clientsAsTheyAre() throws {
        let configuration = try decode(
            """
            issuer: https://a.example
            registration: {allowed_private_use_redirects: ["acme://login/oauth/*"], known_program_redirects: false}
            resources: [{uri: "https://a.example/mcp"}, {uri: "https://b.example"}]
            default_resource: https://B.example/
            limits: {document_fetches_per_host: {burst: 200}, document_fetches_per_source: {per_minute: 900}}
            """
        )
        let policy = configuration.registration.redirectURIPolicy
        #expect(policy.allowedPatterns.map(\.prefix) == ["acme://login/oauth/"] && !policy.acceptsKnownPrograms)
        #expect(configuration.defaultResource == "https://B.example/")
        #expect(configuration.limits.fetchesPerHost == .init(burst: 200, perMinute: 20))
        #expect(configuration.limits.fetchesPerSource == .init(burst: 20, perMinute: 900))
    }

    @Test("audit.when_full blocks unless it is drop-and-count, and accepts no other value")
    func auditPolicy() throws {
        #expect(try decode(DesignSample.valid).audit.whenFull == .block)
        let section = "\naudit: {when_full: drop-and-count}"
        #expect(try decode(DesignSample.valid + section).audit.whenFull == .dropAndCount)
        let wrong = refusals(DesignSample.valid + "\naudit: {when_full: drop}")
        #expect(wrong.count == 1 && wrong[0].hasPrefix("audit.when_full: drop is not one of block, drop-and-count"))
    }

    @Test("names its upstreams, resources and clients")
    func acceptsTheLists() throws {
        let configuration = try decode(DesignSample.valid)
        let github = try #require(configuration.upstreams.first)
        #expect(github.preset == .github && github.issuer == nil && github.endpoints == .init())
        #expect(github.scopes == ["repo", "read:user"])
        let corp = try #require(configuration.upstreams.last)
        #expect(corp.preset == .oidc && corp.issuer == "https://login.corp.example")
        #expect(corp.clientSecret == .environment("CORP_SECRET"))
        #expect(corp.isOptional)
        #expect(corp.additionalAuthorizationParameters == [.init(name: "prompt", value: "consent")])
        let resource = try #require(configuration.resources.first)
        #expect(resource.upstreams == ["github", "corp"])
        #expect(resource.clientID == "mcp-server")
        let cli = try #require(configuration.clients.first)
        #expect(cli.tokenEndpointAuthMethod == .none && cli.isTrusted)
        #expect(cli.grantTypes == [.authorizationCode, .refreshToken])
        let batch = try #require(configuration.clients.last)
        #expect(batch.tokenEndpointAuthMethod == .clientSecretBasic)
        #expect(batch.grantTypes == [.clientCredentials])
        #expect(batch.scopes?.text == "mcp:read")
    }

    @Test("on the page names an upstream that is not configured, and is refused with that key and line")
    func refusesTheDanglingUpstream() {
        #expect(
            refusals(DesignSample.text) == [
                "resources[1].upstreams[0]: internal is not a configured upstream (line 46)"
            ]
        )
    }

    @Test("needs nothing but an issuer")
    func fillsInDefaults() throws {
        let https = try decode("issuer: https://auth.example.com")
        #expect(https.listen == [.init(address: SocketAddress(ip: .loopback, port: 8080))])
        #expect(https.storage.directory == nil)
        #expect(https.scopes == Configuration.defaultScopes)
        #expect(!https.management.isAddressConfigured)
        let loopback = try decode("issuer: http://127.0.0.1:4444")
        #expect(loopback.listen == [.init(address: SocketAddress(ip: .loopback, port: 4444))])
        let sixth = try decode("issuer: http://[::1]:4444")
        #expect(sixth.listen.map(\.address.description) == ["[::1]:4444"])
        let named = try decode("issuer: http://localhost:4444")
        #expect(named.listen == loopback.listen)
    }

    @Test("lets a generic OAuth 2.0 upstream name its endpoints and fields")
    func acceptsOAuth2() throws {
        let configuration = try decode(
            """
            issuer: http://localhost:8080
            upstreams:
              - name: forge
                type: oauth2
                authorization_endpoint: http://10.0.0.8/authorize
                token_endpoint: http://10.0.0.8/token
                revocation_endpoint: http://10.0.0.8/revoke
                userinfo: {endpoint: http://10.0.0.8/user, subject: [id], name: [name, login]}
                client_id: gatehouse
                token_endpoint_auth_method: none
                allow_insecure_http: true
                allow_private_network: true
            """
        )
        let upstream = try #require(configuration.upstreams.first)
        #expect(upstream.preset == .oauth2 && upstream.issuer == nil)
        #expect(upstream.endpoints.authorization == "http://10.0.0.8/authorize")
        #expect(upstream.endpoints.token == "http://10.0.0.8/token")
        #expect(upstream.endpoints.revocation == "http://10.0.0.8/revoke")
        let mapping = UserInfoMapping(endpoint: "http://10.0.0.8/user", subject: ["id"], name: ["name", "login"])
        #expect(upstream.endpoints.userInfo == mapping)
        #expect(upstream.allowsPrivateNetwork && upstream.clientSecret == nil)
    }

    @Test("takes the generic providers as presets too, and overrides for the known ones")
    func acceptsPresets() throws {
        let configuration = try decode(
            """
            issuer: https://a.example
            upstreams:
              - {name: a, preset: oidc, issuer: "https://i.example", client_id: c, client_secret: {env: S}}
              - {name: b, preset: okta, issuer: "https://o.example", client_id: c, client_secret: {env: S}}
            """
        )
        #expect(configuration.upstreams.map(\.preset) == [.oidc, .okta])
        #expect(configuration.upstreams.map(\.issuer) == ["https://i.example", "https://o.example"])
    }

    @Test("lets one MCP server be several resources under one client id and secret")
    func acceptsSharedResourceClients() throws {
        let configuration = try decode(
            """
            issuer: https://a.example
            resources:
              - {uri: "https://m.example/a", client_id: m, client_secret: {env: S}}
              - {uri: "https://m.example/b", client_id: m, client_secret: {env: S}}
            """
        )
        #expect(configuration.resources.map(\.clientID) == ["m", "m"])
    }

    @Test("takes a client's public keys as YAML and as JSON")
    func acceptsKeySets() throws {
        let yaml = "{keys: [{kty: OKP, crv: Ed25519, x: AAAA}]}"
        let json = #"'{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA"}]}'"#
        for keys in [yaml, json] {
            let configuration = try decode(
                """
                issuer: https://a.example
                clients:
                  - {client_id: c, redirect_uris: ["https://c.example/cb"], jwks: \(keys)}
                """
            )
            let client = try #require(configuration.clients.first)
            #expect(client.tokenEndpointAuthMethod == .privateKeyJWT)
            #expect(client.jwks == #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA"}]}"#)
        }
    }

    @Test("takes a key, a registration, required claims and revocation policies for an upstream")
    func acceptsUpstreamClients() throws {
        let configuration = try decode(
            """
            issuer: https://a.example
            upstreams:
              - {name: a, preset: okta, issuer: "https://o.example", client_id: c, private_key: {file: /k.pem},
                 private_key_algorithm: PS256, private_key_id: k1, revoke_on_logout: true}
              - {name: b, type: oidc, issuer: "https://i.example", registration: {}, revoke_with_last_session: true,
                 required_claims: {hd: corp.example, groups: [staff, admins]}}
              - {name: c, type: oidc, issuer: "https://i.example",
                 registration: {endpoint: "https://i.example/r", client_name: Tools, initial_access_token: {env: T}}}
            """
        )
        let (first, second) = (configuration.upstreams[0], configuration.upstreams[1])
        #expect(first.tokenEndpointAuthMethod == .privateKeyJWT && first.privateKey == .file("/k.pem"))
        #expect(first.privateKeyAlgorithm == .ps256 && first.privateKeyID == "k1" && first.revokesOnLogout)
        #expect(second.clientID == nil && second.registration == .init() && second.revokesWithLastSession)
        #expect(
            second.requiredClaims == [
                .init(claim: "hd", acceptedValues: ["corp.example"]),
                .init(claim: "groups", acceptedValues: ["staff", "admins"]),
            ]
        )
        var registration = Configuration.UpstreamRegistration()
        registration.endpoint = "https://i.example/r"
        registration.clientName = "Tools"
        registration.initialAccessToken = .environment("T")
        #expect(configuration.upstreams[2].registration == registration)
    }
}
