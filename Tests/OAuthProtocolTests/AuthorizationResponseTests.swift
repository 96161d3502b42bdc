import OAuthProtocol
import OpenSSLCrypto
import Testing

/// RFC 9207: every answer of the authorization endpoint names its issuer, once.
@Suite("RFC 9207: authorization responses")
struct AuthorizationResponseTests {
    private func request(state: String?, redirectURI: String) throws -> AuthorizationRequest {
        AuthorizationRequest(
            clientID: "dcr_1",
            redirectURI: redirectURI,
            state: state,
            codeChallenge: CodeChallenge(digest: SHA256.hash("v")),
            scopes: ScopeSet(["mcp:read"]),
            resource: "https://mcp.example.com/mcp"
        )
    }

    private func parameters(_ url: String) throws -> FormParameters {
        let uri = try #require(URIReference(url))
        return try FormParameters(query: try #require(uri.query))
    }

    @Test("AZ-14: the redirect that delivers a code, byte for byte")
    func success() throws {
        let url = AuthorizationResponse.success(
            code: AuthorizationCode(wireValue: "gc_abc-_"),
            request: try request(state: "x y", redirectURI: "http://127.0.0.1:51004/cb"),
            issuer: try Issuer("https://auth.example.com")
        )
        #expect(url == "http://127.0.0.1:51004/cb?code=gc_abc-_&state=x%20y&iss=https%3A%2F%2Fauth.example.com")
    }

    @Test("AZ-14: the redirect that delivers an error, byte for byte")
    func failure() throws {
        let url = AuthorizationResponse.failure(
            OAuthError(.invalidRequest, "code_challenge required"),
            redirectURI: "https://c/cb?t=1",
            state: "s",
            issuer: try Issuer("https://auth.example.com/t1")
        )
        #expect(
            url == "https://c/cb?t=1&error=invalid_request&error_description=code_challenge%20required&state=s"
                + "&iss=https%3A%2F%2Fauth.example.com%2Ft1"
        )
    }

    @Test(
        "AZ-14, D-21: exactly one iss, one code or error, one state",
        arguments: ["x", "&iss=https://evil", "a&code=1&state=2#", "\r\n", "é\u{0}"]
    )
    func exactlyOne(state: String) throws {
        let issuer = try Issuer("https://auth.example.com")
        let code = AuthorizationCode(random: SystemRandomSource())
        let redirectURI = "https://c/cb?tenant=1"
        let success = try parameters(
            AuthorizationResponse.success(
                code: code,
                request: request(state: state, redirectURI: redirectURI),
                issuer: issuer
            )
        )
        #expect(success.names == ["tenant", "code", "state", "iss"])
        #expect(success.duplicatedNames.isEmpty)
        #expect(success.values("state") == [state])
        #expect(success.values("code") == [code.wireValue])
        #expect(success.values("iss") == ["https://auth.example.com"])
        let error = OAuthError(.accessDenied, state)
        let failure = try parameters(
            AuthorizationResponse.failure(error, redirectURI: redirectURI, state: state, issuer: issuer)
        )
        #expect(failure.names == ["tenant", "error", "error_description", "state", "iss"])
        #expect(failure.duplicatedNames.isEmpty)
    }

    @Test("AZ-13: no state, no echo")
    func absentState() throws {
        let issuer = try Issuer("https://auth.example.com")
        let success = AuthorizationResponse.success(
            code: AuthorizationCode(wireValue: "c"),
            request: try request(state: nil, redirectURI: "https://c/cb"),
            issuer: issuer
        )
        #expect(success == "https://c/cb?code=c&iss=https%3A%2F%2Fauth.example.com")
        let error = OAuthError(.serverError, "x")
        let failure = AuthorizationResponse.failure(error, redirectURI: "https://c/cb", state: nil, issuer: issuer)
        #expect(try parameters(failure).names == ["error", "error_description", "iss"])
    }
}
