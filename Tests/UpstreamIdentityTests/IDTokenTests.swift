import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("OpenID Connect Core 1.0 §3.1.3.7: ID tokens that are refused (UP-2, D-30, D-36, D-66)")
struct IDTokenTests {
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let apply: @Sendable (inout JSONObject) -> Void

        init(_ description: String, _ apply: @escaping @Sendable (inout JSONObject) -> Void) {
            testDescription = description
            self.apply = apply
        }
    }

    static let now = 1_795_000_000
    static let refused = [
        Change("another issuer") { $0["iss"] = "https://evil.example" },
        Change("the issuer with a slash") { $0["iss"] = .string(ScriptedProvider.issuer + "/") },
        Change("no issuer") { $0["iss"] = nil },
        Change("another audience") { $0["aud"] = "somebody-else" },
        Change("no audience") { $0["aud"] = nil },
        Change("a look-alike audience") { $0["aud"] = "\u{212A}atehouse-client" },
        Change("several audiences without azp") { $0["aud"] = [.string(ScriptedProvider.clientID), "other"] },
        Change("another authorized party") { $0["azp"] = "other" },
        Change("an authorized party that is no string") { $0["azp"] = 7 },
        Change("expired") { $0["exp"] = .integer(now - 61) },
        Change("no expiry") { $0["exp"] = nil },
        Change("an expiry that is a string") { $0["exp"] = "1795003600" },
        Change("issued in the future") { $0["iat"] = .integer(now + 120) },
        Change("no issue time") { $0["iat"] = nil },
        Change("not yet valid") { $0["nbf"] = .integer(now + 120) },
        Change("another nonce") { $0["nonce"] = "n-0S6_WzA2Mk" },
        Change("no nonce") { $0["nonce"] = nil },
        Change("a nonce that is a number") { $0["nonce"] = 1 },
        Change("no subject") { $0["sub"] = nil },
        Change("an empty subject") { $0["sub"] = "" },
        Change("an overlong subject") { $0["sub"] = .string(String(repeating: "s", count: 256)) },
        Change("another access token's hash") { $0["at_hash"] = "77QmUPtjPfzWtF2AnpK9RQ" },
    ]

    @Test(arguments: refused)
    func refusal(change: Change) async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode(change.apply)
        #expect(try await error { try await provider.client().login() }.code == .invalidIDToken)
    }

    static let accepted = [
        Change("several audiences with azp") {
            $0["aud"] = [.string(ScriptedProvider.clientID), "other"]
            $0["azp"] = .string(ScriptedProvider.clientID)
        },
        Change("a clock a little behind") { $0["exp"] = .integer(now - 59) },
        Change("a clock a little ahead") { $0["iat"] = .integer(now + 59) },
        Change("the access token's hash") {
            $0["at_hash"] = .string(Base64URL.encode(Array(SHA256.hash("at-1").bytes.prefix(16))))
        },
    ]

    @Test(arguments: accepted)
    func acceptance(change: Change) async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode(change.apply)
        #expect(try await provider.client().login().subject == ScriptedProvider.subject)
    }

    @Test(
        "Unsigned tokens and tokens signed with the public key as a secret are refused",
        arguments: ["none", "HS256", "RS1"]
    )
    func algorithms(name: String) async throws {
        let provider = try ScriptedProvider()
        let header = Base64URL.encode(Array(#"{"alg":"\#(name)","kid":"key-1"}"#.utf8))
        let signature = Base64URL.encode(Array(repeating: 7, count: 32))
        let token = "\(header).\(Base64URL.encode(provider.claims.serialized())).\(signature)"
        provider.transport.on(
            ScriptedProvider.tokenURL,
            ScriptedTransport.json(provider.tokenAnswer(idToken: token))
        )
        #expect(try await error { try await provider.client().login() }.code == .invalidIDToken)
    }

    @Test("A missing ID token fails the login of a provider that speaks OpenID Connect")
    func missing() async throws {
        let provider = try ScriptedProvider()
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(provider.tokenAnswer(idToken: nil)))
        #expect(try await error { try await provider.client().login() }.code == .invalidIDToken)
    }

    @Test("Tokens of other types are refused (D-36)", arguments: ["logout+jwt", "at+jwt", "dpop+jwt"])
    func types(type: String) async throws {
        let provider = try ScriptedProvider()
        let answer = provider.tokenAnswer(idToken: try provider.idToken(type: type))
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(answer))
        #expect(try await error { try await provider.client().login() }.code == .invalidIDToken)
    }

    @Test("A key of the same name that is not the provider's does not verify")
    func foreignKey() async throws {
        let provider = try ScriptedProvider()
        let foreign = SigningKey(privateKey: try PrivateKey.generate(.es256), algorithm: .es256, keyID: "key-1")
        let answer = provider.tokenAnswer(idToken: try provider.idToken(key: foreign))
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(answer))
        #expect(try await error { try await provider.client().login() }.code == .invalidIDToken)
    }

    @Test("A login that had to be recent is refused when it is old or its time is missing")
    func maximumAge() async throws {
        for (value, isAccepted) in [
            (JSONValue.integer(Self.now - 100), true), (.integer(Self.now - 200), false),
            (.null, false), (.integer(.min), false),
        ] {
            let provider = try ScriptedProvider()
            try provider.answerCode { $0["auth_time"] = value }
            let client = try provider.client()
            if isAccepted {
                let login = try await client.login(maximumAgeSeconds: 60)
                #expect(login.authentication.authenticatedAt?.secondsSinceEpoch == Int64(Self.now - 100))
            } else {
                #expect(try await error { try await client.login(maximumAgeSeconds: 60) }.code == .loginTooOld)
            }
        }
    }

    @Test(
        "JW-1: acr and amr are taken as the specification has them, or not at all",
        arguments: [
            (#"{"acr":"urn:mfa","amr":["pwd","otp"]}"#, "urn:mfa", ["pwd", "otp"]), (#"{}"#, nil, []),
            (#"{"acr":"","amr":[]}"#, nil, []), (#"{"acr":1,"amr":"pwd"}"#, nil, []),
            (#"{"acr":null,"amr":["pwd",1]}"#, nil, []), (#"{"acr":["x"],"amr":[""]}"#, nil, []),
            (
                #"{"acr":"\#(String(repeating: "x", count: 256))","amr":["\#(String(repeating: "x", count: 65))"]}"#,
                nil, []
            ),
        ] as [(String, String?, [String])]
    )
    func authentication(json: String, contextClass: String?, methods: [String]) throws {
        let authentication = UpstreamAuthentication(idTokenClaims: try JSONParser.parseObject(Array(json.utf8)))
        #expect(authentication.contextClass == contextClass)
        #expect(authentication.methods == methods)
        #expect(authentication.authenticatedAt == nil)
    }

    @Test("OP-5: a login without auth_time has no time, and userinfo cannot give it one")
    func unknownTime() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode { claims in
            for name in ["auth_time", "acr", "amr"] { claims[name] = nil }
        }
        let login = try await provider.client().login()
        #expect(login.authentication == .unknown)
    }
}
