import Foundations
import OAuthProtocol
import OpenSSLCrypto
import Testing

/// D-25, SC-1: identifiers may be seen, secrets never show.
@Suite("Secrets and identifiers")
struct SecretsTests {
    private func everyWayToPrint(_ value: Any) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        var printed = ""
        print(value, to: &printed)
        debugPrint(value, to: &printed)
        let optional: Any? = value
        return [
            "\(value)", String(describing: value), String(reflecting: value), dumped, printed, "\(optional as Any)",
            "\([value])",
            "\(["key": value])", "\(Result<Any, Never>.success(value))",
        ]
    }

    private static let response = TokenResponse(
        accessToken: "SECRET",
        lifetime: .seconds(60),
        scopes: .empty,
        idToken: "SECRET"
    )

    private static let secrets: [any Redacted & Sendable] = [
        AuthorizationCode(wireValue: "SECRET"), UpstreamState(wireValue: "SECRET"), BrowserBinding(wireValue: "SECRET"),
        ClientSecret(wireValue: "SECRET"), RefreshTokenKey(secret: Array("SECRET".utf8)), response,
        ClientAuthenticationRequest.Proof.basic(ClientSecret(wireValue: "SECRET")),
        ClientAuthenticationRequest.Proof.assertion("SECRET"),
    ]

    @Test("D-25: no way of printing shows a secret", arguments: secrets.indices)
    func redaction(index: Int) {
        let secret = Self.secrets[index]
        for text in everyWayToPrint(secret) {
            #expect(!text.contains("SECRET"))
            #expect(text.contains("<redacted>"))
        }
        #expect(Mirror(reflecting: secret).children.isEmpty)
        #expect(secret.description == "<redacted>")
        #expect(secret.debugDescription == "<redacted>")
    }

    @Test("D-25: refresh tokens, verifiers and what holds them do not print them either")
    func holders() throws {
        let key = RefreshTokenKey(secret: [UInt8](repeating: 1, count: 32))
        let refreshToken = RefreshToken(family: SessionID(value: 1), generation: 1, key: key)
        let verifier = try #require(CodeVerifier(String(repeating: "v", count: 43)))
        var response = Self.response
        response.refreshToken = refreshToken
        for (holder, wire) in [
            (refreshToken as Any, refreshToken.wireValue), (verifier, verifier.value),
            (response, refreshToken.wireValue),
        ] {
            for text in everyWayToPrint(holder) {
                #expect(!text.contains(wire) && !text.contains("SECRET"))
            }
        }
    }

    @Test("AZ-16, TK-13: issued secrets have 256 bits, their prefix and an alphabet that no client can encode wrongly")
    func freshSecrets() throws {
        let codes = (0..<50).map { _ in AuthorizationCode(random: SystemRandomSource()) }
        #expect(Set(codes).count == 50)
        #expect(Set(codes.map(\.hash)).count == 50)
        for code in codes {
            #expect(code.wireValue.hasPrefix("gc_"))
            #expect(PercentEncoding.encode(code.wireValue) == code.wireValue)
            #expect(try #require(Base64URL.decode(String(code.wireValue.dropFirst(3)))).count == 32)
            #expect(code.hash == SHA256.hash(code.wireValue))
        }
        #expect(ClientSecret(random: SystemRandomSource()).wireValue.hasPrefix("gs_"))
        #expect(UpstreamState(random: SystemRandomSource()).wireValue.utf8.count == 43)
    }

    @Test("D-43: a client's secret matches its own hash and no other")
    func secretMatching() {
        let secret = ClientSecret(wireValue: "gs_K")
        #expect(secret.matches(secret.hash))
        for other in ["gs_k", "gs_", "", "gs_K ", "gs_\u{212A}"] {
            #expect(!ClientSecret(wireValue: other).matches(secret.hash))
        }
    }

    @Test("JW-2, D-46: an identifier reads back from its text; its prefix tells what it names")
    func identifiers() throws {
        let id = SessionID(value: Bits128(high: 0xFFFE_FDFC_0000_0000, low: 1))
        #expect(id.text == "ts___79_AAAAAAAAAAAAAAAAQ")
        #expect("\(id)" == id.text)
        #expect(SessionID(id.text) == id)
        #expect(SessionID(bytes: id.bytes) == id)
        #expect(UserID(value: 1).text == "u_AAAAAAAAAAAAAAAAAAAAAQ")
        #expect(ConnectionID(value: 1).text == "cn_AAAAAAAAAAAAAAAAAAAAAQ")
        let prefixes = [SessionID.prefix, UserID.prefix, ConnectionID.prefix, Client.dynamicIDPrefix]
        #expect(Set(prefixes).count == prefixes.count)
        let fresh = (0..<50).map { _ in UserID(random: SystemRandomSource()) }
        #expect(Set(fresh).count == 50)
        for id in fresh {
            #expect(UserID(id.text) == id)
        }
    }

    @Test(
        "texts that are not the one spelling of an identifier are none",
        arguments: [
            "", "ts_", "u_AAAAAAAAAAAAAAAAAAAAAQ", "ts_AAAAAAAAAAAAAAAAAAAAA", "ts_AAAAAAAAAAAAAAAAAAAAAQA",
            "ts_AAAAAAAAAAAAAAAAAAAAAR", "ts_AAAAAAAAAAAAAAAAAAAA+Q", "ts_AAAAAAAAAAAAAAAAAAAA Q",
            "TS_AAAAAAAAAAAAAAAAAAAAAQ",
            "ts_AAAAAAAAAAAAAAAAAAAAAQ\n", "ts_AAAAAAAAAAAAAAAAAAA\u{212A}", "ts_\u{301}AAAAAAAAAAAAAAAAAAAA",
            "ts_AAAAAAAAAAAAAAAAAAAAA=", "ts-AAAAAAAAAAAAAAAAAAAAAQ",
        ]
    )
    func malformedIdentifiers(text: String) {
        #expect(SessionID(text) == nil)
    }
}
