import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing

/// A user who is logged in, a client with a key, and ways to get at every kind of token.
struct TokenConfusionScene {
    let server: TestServer
    let key: TestClientKey
    let proofKey: TestProofKey
    let client: OAuthTestClient
    let tokens: OAuthTestClient.Answer
    let claims: JSONObject
    /// The token with which the client manages its registration.
    let registrationToken: String
    /// The token of an agent that the client made.
    let agentToken: String

    private static let providerToken = "a-long-token-that-only-the-provider-knows-0123"

    init(server: TestServer, key: TestClientKey) async throws {
        self.server = server
        self.key = key
        proofKey = try TestProofKey()
        var client = server.visitor
        let registration = try await client.register([
            "client_name": "Test client", "redirect_uris": [.string(client.redirectURI)],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token", .string(DeviceScene.grantType)],
        ])
        client.id = try #require(registration["client_id"])
        client.scope = "openid mcp:read offline_access agents"
        self.client = client
        registrationToken = try #require(registration["registration_access_token"])
        let tokens = try await client.tokens(at: server)
        self.tokens = tokens
        let access = try tokens.accessToken
        let order: JSONObject = ["name": "agent"]
        let made = try await client.send(
            "POST",
            "/agents",
            headerFields: [
                ("authorization", "Bearer " + access), ("content-type", "application/json"),
            ],
            body: order.serialized()
        )
        agentToken = try #require(made["agent_token"])
        // A report of a token that is younger than a minute is too early.
        server.clock.advance(by: .seconds(61))
        claims = try JSONParser.parseObject(try CompactJWS(parsing: try #require(tokens["access_token"])).payload)
    }

    /// A client with a key, a second resource that the first may delegate to, and the provider as a trusted issuer.
    static func configure(_ configuration: inout Configuration, _ key: TestClientKey) {
        TestServer.addSecondResource(&configuration)
        configuration.resources[0].delegationTargets = [TestServer.secondResource]
        configuration.clients = [AssertionScene.client(key, grants: [.clientCredentials, .jwtBearer])]
        var trusted = TrustedIssuerScene.trustedIssuer
        trusted.issuer = configuration.upstreams[0].issuer ?? ""
        trusted.keySetURI = trusted.issuer + "/jwks"
        trusted.allowsInsecureHTTP = true
        trusted.allowsPrivateNetwork = true
        configuration.trustedIssuers = [trusted]
        configuration.agents.isEnabled = true
        configuration.deviceAuthorization = true
        configuration.upstreams[0].globalRevocationToken = .value(SecretValue(providerToken))
        configuration.upstreams[0].acceptsSignedRevocation = true
        configuration.scopes = configuration.scopes.union(ScopeSet([ScopeSet.agents]))
    }

    /// The claims of an access token, signed by our key as something else.
    func signedByUs(_ claims: JSONObject, type: String) throws -> String {
        try server.server.keys.current.active.sign(type: type, payload: claims.serialized())
    }

    func token(_ kind: TokenConfusionTests.Kind) async throws -> String {
        switch kind {
        case .accessToken: try #require(tokens["access_token"])
        case .refreshToken: try #require(tokens["refresh_token"])
        case .idToken: try #require(tokens["id_token"])
        case .clientsOwnToken:
            try await require(
                server.visitor.token(AssertionScene.credentialsForm + key.form(at: server, tokenID: fresh()))
            )
        case .delegatedToken: try await require(delegate(try #require(tokens["access_token"])))
        case .workloadToken: try await require(presentWorkload(try await token(.workloadAssertion)))
        case .identityAssertion:
            try server.provider.signedToken(
                upstreamClaims(["aud": .string(server.issuer), "client_id": "batch", "jti": .string(fresh())]),
                type: "oauth-id-jag+jwt"
            )
        case .workloadAssertion:
            try server.provider.signedToken(
                upstreamClaims([
                    "aud": .string(server.issuer + "/oauth/token"), "sub": .string(TrustedIssuerScene.workload),
                    "jti": .string(fresh()),
                ])
            )
        case .clientAssertion:
            try key.sign(key.claims(for: server.issuer, now: server.clock.now(), tokenID: fresh()))
        case .upstreamAccessToken: try await require(client.exchange(try #require(tokens["access_token"])))
        case .upstreamIDToken: try server.provider.signedToken(upstreamClaims(["nonce": "n", "azp": "gatehouse"]))
        case .upstreamLogoutToken:
            try server.provider.logoutToken(BackChannelLogout(clientID: "gatehouse", subject: "ada"))
        case .upstreamIDTokenLikeOurs:
            try server.provider.signedToken(claims.with("iss", .string(server.provider.issuer)))
        case .upstreamTokenInDisguise: try server.provider.signedToken(claims, type: "at+jwt")
        case .softwareStatement: try key.sign(softwareClaims)
        case .ourIDToken: try signedByUs(idTokenClaims, type: "JWT")
        case .ourAssertionType: try signedByUs(assertionClaims, type: "client-authentication+jwt")
        case .ourIdentityAssertion: try signedByUs(claims, type: "oauth-id-jag+jwt")
        case .ourLogoutToken: try signedByUs(claims, type: "logout+jwt")
        case .ourProof: try signedByUs(claims, type: "dpop+jwt")
        case .proof: try proofKey.proof("POST", server.issuer + "/oauth/token", now: server.clock.now())
        case .boundToken:
            try await require(
                present(
                    try await self.token(.proof),
                    AssertionScene.credentialsForm + key.form(at: server, tokenID: fresh())
                )
            )
        case .ourIntrospection: try signedByUs(claims, type: "token-introspection+jwt")
        case .ourUntyped: try signedByUs(claims, type: "access-token")
        case .agentToken: agentToken
        case .registrationToken: registrationToken
        case .providerToken: Self.providerToken
        case .authorizationCode, .deviceCode, .userCode, .requestURI: try await loginToken(kind)
        }
    }

    private func fresh() -> String {
        Base64URL.encode(SystemRandomSource().bytes(12))
    }

    private func require(_ answer: OAuthTestClient.Answer) throws -> String {
        try #require(answer["access_token"])
    }

    private func upstreamClaims(_ extra: JSONObject) -> JSONObject {
        let now = Int(server.clock.now().secondsSinceEpoch)
        var claims: JSONObject = [
            "iss": .string(server.provider.issuer), "sub": "ada", "aud": "gatehouse",
            "iat": .number(JSONNumber(now)), "exp": .number(JSONNumber(now + 600)),
        ]
        for (name, value) in extra.members { claims[name] = value }
        return claims
    }

    // RFC 7591 §2.3: the claims of the software's publisher.
    private var softwareClaims: JSONObject {
        var claims = assertionClaims
        (claims["sub"], claims["aud"], claims["jti"]) = (nil, nil, nil)
        claims["software_id"] = "4NRB1-0XZABZI9E6-5SM3R"
        claims["redirect_uris"] = ["https://client.example/cb"]
        return claims
    }

    private var idTokenClaims: JSONObject {
        var claims = claims
        claims["aud"] = .string(client.id)
        claims["nonce"] = "n"
        return claims
    }

    // Even from our own key: it is not the client's.
    private var assertionClaims: JSONObject {
        key.claims(for: server.issuer, now: server.clock.now(), tokenID: fresh())
    }

    /// Presents a token; whether it was taken for what the place expects.
    func present(_ token: String, at place: TokenConfusionTests.Place) async throws -> Bool {
        switch place {
        case .subjectToken:
            return try await client.exchange(token).status == 200
        case .report:
            let form = [
                ("subject_token", token), ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("audience", TestServer.upstream),
            ]
            let (id, secret) = TestServer.resourceServer
            let basic = OAuthTestClient.basic(id, secret)
            return try await client.post("/oauth/report-invalid", form, authorization: basic).status == 200
        case .introspection:
            return try await client.introspect(token).json["active"] == true
        case .revocation:
            return try await client.revoke(token).status == 200
        case .userInfo:
            return try await client.userInfo(token).status == 200
        case .connections:
            return try await bearer(token, "/connections").status == 200
        case .agents:
            return try await bearer(token, "/agents").status == 200
        case .registration:
            return try await bearer(token, "/oauth/register/" + client.id).status == 200
        case .agentGrant:
            let form = [("grant_type", "urn:gatehouse:grant-type:agent-token"), ("agent_token", token)]
            return try await server.visitor.token(form).status == 200
        case .forwardAuth:
            let query = FormParameters.serialize([("resource", TestServer.resource)])
            return try await bearer(token, server.managementURL + "/forward-auth?" + query).status == 200
        case .administration:
            return try await bearer(token, server.managementURL + "/admin/audit").status == 200
        case .clientAssertion:
            let form = AssertionScene.credentialsForm + TestClientKey.form(token)
            return try await server.visitor.token(form).status == 200
        case .refreshToken:
            return try await client.refresh(token).status == 200
        case .code, .idTokenHint, .requestURI, .userCode, .deviceCode:
            return try await presentToLogin(token, at: place)
        case .identityAssertion:
            let form = [("grant_type", TrustedIssuerScene.jwtBearer), ("assertion", token)]
            return try await server.visitor.token(form + key.form(at: server, tokenID: fresh())).status == 200
        case .workloadAssertion:
            return try await presentWorkload(token).status == 200
        case .delegationSubject:
            return try await delegate(token).status == 200
        case .actorToken:
            let actor = [("actor_token", token), ("actor_token_type", DelegationScene.accessToken)]
            return try await delegate(try #require(tokens["access_token"]), actor).status == 200
        case .proof:
            let form = AssertionScene.credentialsForm + (try key.form(at: server, tokenID: fresh()))
            return try await present(token, form).status == 200
        case .globalRevocation:
            return try await revokesGlobally(token)
        case .logout:
            return try await client.post("/oauth/backchannel-logout/corp", [("logout_token", token)]).status == 200
        }
    }

    /// Whether a token is a provider's, by a request about a user who is not known here.
    private func revokesGlobally(_ token: String) async throws -> Bool {
        let order: JSONObject = ["sub_id": ["format": "opaque", "id": "unknown-user"]]
        let answer = try await client.send(
            "POST",
            "/oauth/global-token-revocation",
            headerFields: [("authorization", "Bearer " + token), ("content-type", "application/json")],
            body: order.serialized()
        )
        return answer.status != 401
    }

    private func present(_ proof: String, _ form: [(String, String)]) async throws -> OAuthTestClient.Answer {
        try await client.send(
            "POST",
            "/oauth/token",
            headerFields: [("content-type", "application/x-www-form-urlencoded"), ("dpop", proof)],
            body: Array(FormParameters.serialize(form).utf8)
        )
    }

    private func presentWorkload(_ assertion: String) async throws -> OAuthTestClient.Answer {
        try await server.visitor.token([
            ("grant_type", TrustedIssuerScene.jwtBearer), ("assertion", assertion), ("resource", TestServer.resource),
        ])
    }

    private func delegate(
        _ subject: String,
        _ actor: [(String, String)] = []
    ) async throws -> OAuthTestClient.Answer {
        let (id, secret) = TestServer.resourceServer
        return try await server.visitor.token(
            [
                ("grant_type", DelegationScene.grantType), ("subject_token", subject),
                ("subject_token_type", DelegationScene.accessToken), ("resource", TestServer.secondResource),
            ] + actor,
            authorization: OAuthTestClient.basic(id, secret)
        )
    }

    private func bearer(_ token: String, _ path: String) async throws -> OAuthTestClient.Answer {
        try await client.send("GET", path, headerFields: [("authorization", "Bearer \(token)")])
    }

    /// Whether the user was still logged in when all of a kind's places but the last two had been tried.
    ///
    /// Revocation is a right place of access and refresh tokens; the logout that comes after it ends no session.
    func wasAlive(_ kind: TokenConfusionTests.Kind) -> Bool {
        ![.accessToken, .refreshToken].contains(kind)
    }

    /// Whether the user is still logged in.
    func isAlive() async throws -> Bool {
        try await client.introspect(try #require(tokens["access_token"])).json["active"] == true
    }
}

extension JSONObject {
    /// The same with one member set.
    fileprivate func with(_ name: String, _ value: JSONValue) -> JSONObject {
        var changed = self
        changed[name] = value
        return changed
    }
}
