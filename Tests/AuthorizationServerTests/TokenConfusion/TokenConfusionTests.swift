import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing

/// RFC 8725 §3.11 and §3.12, D-36: every kind of token in the place of every other.
@Suite("Tokens in the wrong place")
struct TokenConfusionTests {
    /// A kind of token that somebody could get hold of.
    enum Kind: String, CaseIterable {
        case accessToken, refreshToken, idToken, clientsOwnToken, clientAssertion, softwareStatement
        // For the next resource, with an actor; and of a workload without a registration.
        case delegatedToken, workloadToken
        // What the provider, as a trusted issuer, signs for us.
        case identityAssertion, workloadAssertion
        // The provider's own, signed with its key.
        case upstreamIDToken, upstreamAccessToken, upstreamLogoutToken
        // What the provider would say of our token: its key and issuer, our claims; then our issuer and type as well.
        case upstreamIDTokenLikeOurs, upstreamTokenInDisguise
        // Signed with our own key, and of another type.
        case ourIDToken, ourAssertionType, ourIdentityAssertion, ourLogoutToken, ourProof, ourIntrospection, ourUntyped
        // A client's proof for the token endpoint, and an access token that is bound to a key.
        case proof, boundToken
        // Credentials that are no JWT: an agent's, and the one with which a client manages its registration.
        case agentToken, registrationToken
        // What a login begins or ends with: codes for the client, the device and its user, and a pushed request.
        case authorizationCode, deviceCode, userCode, requestURI
        // The secret with which a provider ends all that one of its users has here.
        case providerToken
    }

    /// Where a token can be presented.
    enum Place: String, CaseIterable {
        case subjectToken, report, introspection, userInfo, connections, forwardAuth, administration
        case agents, registration, agentGrant
        case clientAssertion, refreshToken, code, idTokenHint, deviceCode, userCode, requestURI
        case identityAssertion, workloadAssertion, delegationSubject, actorToken
        // The DPoP header of a token request.
        case proof
        case globalRevocation
        // Last, because a valid logout token ends the login.
        case revocation, logout
    }

    /// The pairs that are right.
    private static let right: Set<String> = [
        "accessToken subjectToken", "accessToken report", "accessToken introspection", "accessToken userInfo",
        "accessToken connections", "accessToken forwardAuth", "accessToken agents",
        "agentToken agentGrant", "registrationToken registration",
        "providerToken globalRevocation", "authorizationCode code", "deviceCode deviceCode", "userCode userCode",
        "requestURI requestURI",
        // It represents the client, and no user.
        "clientsOwnToken introspection", "clientsOwnToken forwardAuth",
        "clientAssertion clientAssertion", "refreshToken refreshToken", "upstreamLogoutToken logout",
        "proof proof", "boundToken introspection", "boundToken revocation",
        "identityAssertion identityAssertion", "workloadAssertion workloadAssertion",
        // Both are for the first server's resource, and it may act for their subjects.
        "accessToken delegationSubject", "workloadToken delegationSubject",
        "workloadToken introspection", "workloadToken forwardAuth",
        // Revocation answers 200 to everything, so that the test checks which tokens are still valid.
        "accessToken revocation", "refreshToken revocation", "clientsOwnToken revocation",
    ]

    @Test("D-36, JW-6: what is right in one place is refused in every other", arguments: Kind.allCases)
    func permutations(kind: Kind) async throws {
        let key = try TestClientKey("batch")
        try await TestServer.run(configure: { TokenConfusionScene.configure(&$0, key) }) { server in
            let scene = try await TokenConfusionScene(server: server, key: key)
            for place in Place.allCases {
                let token = try await scene.token(kind)
                let accepted = try await scene.present(token, at: place)
                let isRight = Self.right.contains("\(kind.rawValue) \(place.rawValue)")
                if place != .revocation { #expect(accepted == isRight, "\(kind) at \(place)") }
                // A stranger's token must change nothing for the one who is logged in.
                if [.revocation, .logout].contains(place), !isRight {
                    #expect(try await scene.isAlive() == scene.wasAlive(kind), "\(kind) at \(place)")
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
        try await TestServer.run(configure: { TokenConfusionScene.configure(&$0, key) }) { server in
            let scene = try await TokenConfusionScene(server: server, key: key)
            let unchanged = try scene.signedByUs(scene.claims, type: "at+jwt")
            let places: [Place] = [.introspection, .subjectToken, .report, .userInfo, .connections, .forwardAuth]
            for place in places { #expect(try await scene.present(unchanged, at: place), "\(place)") }
            var claims = scene.claims
            claims[name] = value
            let changed = try scene.signedByUs(claims, type: "at+jwt")
            for place in places { #expect(try await !scene.present(changed, at: place), "\(name) at \(place)") }
        }
    }

    @Test("RFC 8693 §2.1: a client's own token does not represent a user, and the exchange says so")
    func ownToken() async throws {
        let key = try TestClientKey("batch")
        try await TestServer.run(configure: { TokenConfusionScene.configure(&$0, key) }) { server in
            let scene = try await TokenConfusionScene(server: server, key: key)
            let answer = try await scene.client.exchange(try await scene.token(.clientsOwnToken))
            #expect(answer.isError(400, "invalid_grant"))
            #expect(answer["error_description"] == "subject_token does not represent a user")
        }
    }

    @Test("D-30, D-35: an access token signed by another key, or by none, is refused")
    func signature() async throws {
        let key = try TestClientKey("batch")
        try await TestServer.run(configure: { TokenConfusionScene.configure(&$0, key) }) { server in
            let scene = try await TokenConfusionScene(server: server, key: key)
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
                for place: Place in [.introspection, .subjectToken, .report, .userInfo, .connections, .forwardAuth] {
                    #expect(try await !scene.present(token, at: place), "\(place)")
                }
            }
        }
    }

    @Test("D-36: a software statement changes no registration, whichever key has signed it")
    func softwareStatement() async throws {
        let key = try TestClientKey("batch")
        try await TestServer.run(configure: { TokenConfusionScene.configure(&$0, key) }) { server in
            let scene = try await TokenConfusionScene(server: server, key: key)
            let claims: JSONObject = [
                "iss": .string(server.issuer), "client_name": "Trusted", "redirect_uris": ["https://evil.example/cb"],
                "token_endpoint_auth_method": "none", "grant_types": ["client_credentials"],
            ]
            for statement in [
                try key.sign(claims), try scene.signedByUs(claims, type: "JWT"), try await scene.token(.accessToken),
            ] {
                let answer = try await server.visitor.register([
                    "client_name": "Test client", "redirect_uris": ["https://client.example/cb"],
                    "software_statement": .string(statement),
                ])
                #expect(answer.status == 201)
                #expect(answer["client_name"] == "Test client")
                #expect(answer.json["redirect_uris"] == ["https://client.example/cb"])
                #expect(answer["token_endpoint_auth_method"] == "client_secret_basic")
                #expect(answer.json["grant_types"]?.arrayValue?.contains("client_credentials") == false)
                // RFC 7591 §3.2.1: a statement comes back only from a server that used it.
                #expect(answer.json["software_statement"] == nil)
            }
        }
    }
}
