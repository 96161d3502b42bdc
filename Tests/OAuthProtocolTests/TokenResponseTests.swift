import OAuthProtocol
import OpenSSLCrypto
import Testing

/// RFC 6749 §5.1: the answer of the token endpoint.
@Suite("RFC 6749 §5.1: token responses")
struct TokenResponseTests {
    private let refreshToken = RefreshToken(
        family: SessionID(value: 1),
        generation: 1,
        key: RefreshTokenKey(secret: [UInt8](repeating: 1, count: 32))
    )

    @Test("TK-3: the body, byte for byte")
    func body() {
        let response = TokenResponse(
            accessToken: "eyJ.e30.x-_",
            lifetime: .milliseconds(3_599_999),
            scopes: ScopeSet(["mcp:read", "offline_access"]),
            refreshToken: refreshToken,
            idToken: "eyJ.id.y"
        )
        let expected =
            #"{"access_token":"eyJ.e30.x-_","token_type":"Bearer","expires_in":3599,"scope":"mcp:read offline_access","#
            + #""refresh_token":"\#(refreshToken.wireValue)","id_token":"eyJ.id.y"}"#
        #expect(String(decoding: response.body, as: UTF8.self) == expected)
    }

    @Test("MD-7: what is absent is left out; scope stays, empty or not")
    func absent() throws {
        let response = TokenResponse(accessToken: "t", lifetime: .seconds(60), scopes: .empty)
        let json = try JSONParser.parseObject(response.body)
        #expect(json.names == ["access_token", "token_type", "expires_in", "scope"])
        #expect(json["scope"] == "")
        #expect(json["token_type"] == "Bearer")
        #expect(json["expires_in"]?.integerValue == 60)
    }

    @Test("every scope that can be granted gives valid JSON that reads back")
    func everyScope() throws {
        let all = ScopeSet(
            (UInt8.min ... .max).map { String(decoding: [$0], as: UTF8.self) } + ["a/b:c#d'", "</script>"]
        )
        #expect(all.tokens.count == 94)
        let response = TokenResponse(accessToken: "t", lifetime: .seconds(60), scopes: all, refreshToken: refreshToken)
        let json = try JSONParser.parseObject(response.body)
        #expect(json["scope"]?.stringValue == all.text)
        #expect(json["refresh_token"]?.stringValue == refreshToken.wireValue)
    }
}
