import OAuthProtocol
import OpenSSLCrypto
import Testing

@Suite("What is ignored, defaulted and normalised")
struct LeniencyTests {
    private static let resource = ProtectedResource(
        uri: "https://mcp.example.com/mcp",
        scopes: ScopeSet(["mcp:read", "offline_access", "openid", "email"]),
        upstreams: [],
        clientID: nil
    )
    private static let client = Client(
        id: "dcr_1",
        kind: .dynamic,
        redirectURIs: ["https://app.example.com/cb"],
        grantTypes: [.authorizationCode],
        authenticationMethods: [.none],
        issuedAt: Timestamp(millisecondsSinceEpoch: 0)
    )

    private func request(_ extra: String) throws -> AuthorizationRequest {
        let check = try AuthorizationRequestCheck(
            query: "response_type=code&client_id=dcr_1&code_challenge_method=S256&code_challenge="
                + Base64URL.encode(SHA256.hash("verifier").bytes) + extra
        )
        return try check.request(
            client: Self.client,
            redirectURI: "https://app.example.com/cb",
            resources: ResourceCatalogue([Self.resource]),
            scopePolicy: ScopePolicy(supported: Self.resource.scopes)
        )
    }

    @Test("AZ-1: parameters that we do not know are ignored, however often they come")
    func unknownParameters() throws {
        #expect(try request("&utm=a&utm=b&=x&=y").clientID == "dcr_1")
        for name in ["scope", "state", "nonce", "prompt", "max_age", "login_hint", "code_challenge", "response_type"] {
            let error = #expect(throws: OAuthError.self) { try request("&\(name)=1&\(name)=1") }
            #expect(error?.code == .invalidRequest, "\(name)")
        }
    }

    @Test("TK-10, OP-1: without scope neither a refresh token nor the user's identity is granted; on request both are")
    func defaultScopes() throws {
        #expect(try request("").scopes == ScopeSet(["mcp:read"]))
        #expect(try request("&scope=").scopes == ScopeSet(["mcp:read"]))
        #expect(try request("&scope=openid+offline_access").scopes == ScopeSet(["openid", "offline_access"]))
    }

    @Test(
        "RFC 6454 §6.2: the origin is written as browsers write it",
        arguments: [
            ("https://AUTH.Example.com/t1", "https://auth.example.com"),
            ("https://auth.example.com:443", "https://auth.example.com"),
            ("https://auth.example.com:8443", "https://auth.example.com:8443"),
            ("http://localhost:80", "http://localhost"), ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ]
    )
    func origins(issuer: String, origin: String) throws {
        #expect(try Issuer(issuer).origin == origin)
        #expect(try Issuer(issuer).text == issuer)
    }

    @Test("RFC 8707 §2: without any resource the message does not speak of several")
    func noResource() {
        let error = #expect(throws: OAuthError.self) { try ResourceCatalogue([]).resource(requested: []) }
        #expect(error?.code == .invalidTarget)
        #expect(error?.description == "no resource is registered")
    }
}
