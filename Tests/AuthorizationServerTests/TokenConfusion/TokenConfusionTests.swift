import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// RFC 8725 §3.11 and §3.12, D-36: every kind of token in the place of every other.
@Suite("Tokens in the wrong place")
struct TokenConfusionTests {
    /// A kind of token that somebody could get hold of.
    enum Kind: String, CaseIterable {
        case accessToken, refreshToken, idToken, clientsOwnToken, clientAssertion
        case upstreamIDToken, upstreamAccessToken, upstreamLogoutToken
        // Signed with our own key, and of another type.
        case ourIDToken, ourAssertionType, ourIdentityAssertion, ourLogoutToken, ourProof, ourIntrospection, ourUntyped
    }

    /// Where a token can be presented.
    enum Place: String, CaseIterable {
        case subjectToken, introspection, userInfo, clientAssertion, refreshToken, code, revocation
    }

    /// The pairs that are right.
    private static let right: Set<String> = [
        "accessToken subjectToken", "accessToken introspection", "accessToken userInfo",
        "clientsOwnToken introspection",
        "clientAssertion clientAssertion", "refreshToken refreshToken",
        // Revocation answers 200 to everything; what it must not do is checked by what lives on.
        "accessToken revocation", "refreshToken revocation", "clientsOwnToken revocation",
    ]

    @Test("D-36, JW-6: what is right in one place is refused in every other", arguments: Kind.allCases)
    func permutations(kind: Kind) async throws {
        let key = try TestClientKey("batch")
        try await TestServer.run(configure: { $0.clients = [AssertionScene.client(key)] }) { server in
            let scene = try await Scene(server: server, key: key)
            for place in Place.allCases {
                let token = try await scene.token(kind)
                let accepted = try await scene.present(token, at: place)
                let isRight = Self.right.contains("\(kind.rawValue) \(place.rawValue)")
                if place == .revocation {
                    // A stranger's token must change nothing for the one who is logged in.
                    if !isRight { #expect(try await scene.isAlive(), "\(kind) at \(place)") }
                } else {
                    #expect(accepted == isRight, "\(kind) at \(place)")
                }
            }
        }
    }

    @Test(
        "D-37, VT-2, D-38: an access token of ours with a single field changed is refused",
        arguments: [
            ("iss", "https://other.example.com"), ("iss", nil), ("aud", "https://other.example.com/mcp"), ("aud", nil),
            ("aud", [.string(TestServer.resource), "https://other.example.com/mcp"]),
            ("sub", "u_AAAAAAAAAAAAAAAAAAAAAA"), ("sub", nil), ("client_id", "batch"), ("client_id", nil),
            ("tsid", "ts_AAAAAAAAAAAAAAAAAAAAAA"), ("tsid", "nonsense"), ("tsid", nil), ("jti", nil), ("jti", 7),
            ("exp", 1), ("exp", "1900000000"), ("exp", nil), ("iat", 1_900_000_000), ("iat", nil),
        ] as [(String, JSONValue?)]
    )
    func singleField(name: String, value: JSONValue?) async throws {
        let key = try TestClientKey("batch")
        try await TestServer.run(configure: { $0.clients = [AssertionScene.client(key)] }) { server in
            let scene = try await Scene(server: server, key: key)
            let unchanged = try scene.signedByUs(scene.claims, type: "at+jwt")
            #expect(try await scene.present(unchanged, at: .introspection))
            #expect(try await scene.present(unchanged, at: .subjectToken))
            #expect(try await scene.present(unchanged, at: .userInfo))
            var claims = scene.claims
            claims[name] = value
            let changed = try scene.signedByUs(claims, type: "at+jwt")
            #expect(try await !scene.present(changed, at: .introspection), "\(name)")
            #expect(try await !scene.present(changed, at: .subjectToken), "\(name)")
            #expect(try await !scene.present(changed, at: .userInfo), "\(name)")
        }
    }

    @Test("D-30, D-35: an access token signed by another key, or by none, is refused")
    func signature() async throws {
        let key = try TestClientKey("batch")
        try await TestServer.run(configure: { $0.clients = [AssertionScene.client(key)] }) { server in
            let scene = try await Scene(server: server, key: key)
            let ours = server.server.keys.current.active
            var forger = try TestClientKey("batch")
            forger.keyID = ours.keyID
            let published = Base64URL.encode(server.server.keys.current.document)
            let parts = try #require(scene.tokens["access_token"]).split(separator: ".")
            let tokens = [
                try forger.sign(scene.claims, header: ["typ": "at+jwt"]),
                Base64URL.encode(Array(#"{"alg":"none","typ":"at+jwt"}"#.utf8)) + ".\(parts[1]).",
                Base64URL.encode(Array(#"{"alg":"HS256","typ":"at+jwt"}"#.utf8))
                    + ".\(parts[1]).\(published.prefix(43))",
                "\(parts[0]).\(parts[1]).\(Base64URL.encode(Array(repeating: 0, count: 64)))",
            ]
            for token in tokens {
                #expect(try await !scene.present(token, at: .introspection))
                #expect(try await !scene.present(token, at: .subjectToken))
            }
        }
    }
}

/// A user who is logged in, a client with a key, and ways to get at every kind of token.
private struct Scene {
    let server: TestServer
    let key: TestClientKey
    let client: OAuthTestClient
    let tokens: OAuthTestClient.Answer
    let claims: JSONObject

    init(server: TestServer, key: TestClientKey) async throws {
        self.server = server
        self.key = key
        var client = try await OAuthTestClient.registered(at: server)
        client.scope = "openid mcp:read offline_access"
        self.client = client
        tokens = try await client.tokens(at: server)
        claims = try JSONParser.parseObject(try CompactJWS(parsing: try #require(tokens["access_token"])).payload)
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
        case .clientAssertion:
            try key.sign(key.claims(for: server.issuer, now: server.clock.now(), tokenID: fresh()))
        case .upstreamAccessToken: try await require(client.exchange(try #require(tokens["access_token"])))
        case .upstreamIDToken: try foreign(["nonce": "n", "azp": "gatehouse"], type: "JWT")
        case .upstreamLogoutToken:
            try foreign(
                ["events": ["http://schemas.openid.net/event/backchannel-logout": [:]]],
                type: "logout+jwt"
            )
        case .ourIDToken: try signedByUs(idTokenClaims, type: "JWT")
        case .ourAssertionType: try signedByUs(assertionClaims, type: "client-authentication+jwt")
        case .ourIdentityAssertion: try signedByUs(claims, type: "oauth-id-jag+jwt")
        case .ourLogoutToken: try signedByUs(claims, type: "logout+jwt")
        case .ourProof: try signedByUs(claims, type: "dpop+jwt")
        case .ourIntrospection: try signedByUs(claims, type: "token-introspection+jwt")
        case .ourUntyped: try signedByUs(claims, type: "access-token")
        }
    }

    private func fresh() -> String {
        Base64URL.encode(SystemRandomSource().bytes(12))
    }

    private func require(_ answer: OAuthTestClient.Answer) throws -> String {
        try #require(answer["access_token"])
    }

    // The provider's token for our client, with what ours says besides: only who signed it tells them apart.
    private func foreign(_ extra: JSONObject, type: String) throws -> String {
        var provider = try TestClientKey(server.provider.issuer, keyID: "provider")
        provider.clientID = server.provider.issuer
        var foreign = claims
        foreign["iss"] = .string(server.provider.issuer)
        for (name, value) in extra.members { foreign[name] = value }
        return try provider.sign(foreign, header: ["typ": .string(type)])
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
        case .introspection:
            return try await client.introspect(token).json["active"] == true
        case .revocation:
            return try await client.revoke(token).status == 200
        case .userInfo:
            return try await client.userInfo(token).status == 200
        case .clientAssertion:
            let form = AssertionScene.credentialsForm + TestClientKey.form(token)
            return try await server.visitor.token(form).status == 200
        case .refreshToken:
            return try await client.refresh(token).status == 200
        case .code:
            return try await client.redeem(token).status == 200
        }
    }

    /// Whether the user is still logged in.
    func isAlive() async throws -> Bool {
        try await client.introspect(try #require(tokens["access_token"])).json["active"] == true
    }
}
