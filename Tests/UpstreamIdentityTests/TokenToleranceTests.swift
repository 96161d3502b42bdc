import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("P-15: ID tokens as companies send them")
struct TokenToleranceTests {
    private static let all = SignatureAlgorithm.verifiable.sorted { $0.rawValue < $1.rawValue }

    @Test("P-15: every algorithm of RFC 7518 with a public key, and EdDSA, is verified", arguments: all)
    func algorithms(algorithm: SignatureAlgorithm) async throws {
        let provider = try ScriptedProvider(algorithm: algorithm)
        try provider.answerCode {
            let digest = algorithm.hash.hash(Array("at-1".utf8))
            $0["at_hash"] = .string(Base64URL.encode(Array(digest.prefix(digest.count / 2))))
        }
        #expect(try await provider.client().login().subject == ScriptedProvider.subject)
        try provider.transport.replace(
            ScriptedProvider.tokenURL,
            ScriptedTransport.json(
                provider.tokenAnswer(idToken: provider.idToken { $0["at_hash"] = "77QmUPtjPfzWtF2AnpK9RQ" })
            )
        )
        // Providers differ in the hash for Ed25519, so at_hash is not compared.
        guard algorithm != .edDSA else { return }
        #expect(try await error { try await provider.client().login() }.code == .invalidIDToken)
    }

    @Test("P-15: a changed payload and another key are refused with every algorithm", arguments: all)
    func forgeries(algorithm: SignatureAlgorithm) async throws {
        let provider = try ScriptedProvider(algorithm: algorithm)
        let genuine = try provider.idToken().split(separator: ".").map(String.init)
        var claims = provider.claims
        claims["sub"] = "someone-else"
        let other = try TestKeys.key(algorithm, "key-2")
        let stranger = SigningKey(privateKey: other.privateKey, algorithm: algorithm, keyID: "key-1")
        let forged = [
            "\(genuine[0]).\(Base64URL.encode(claims.serialized())).\(genuine[2])", try provider.idToken(key: stranger),
            "\(genuine[0]).\(genuine[1]).\(Base64URL.encode([UInt8](repeating: 0, count: 64)))",
            "\(genuine[0]).\(genuine[1]).\(Base64URL.encode([UInt8](repeating: 0, count: 96)))",
            "\(genuine[0]).\(genuine[1]).\(Base64URL.encode([UInt8](repeating: 0, count: 132)))",
        ]
        for token in forged {
            provider.transport.replace(
                ScriptedProvider.tokenURL,
                ScriptedTransport.json(provider.tokenAnswer(idToken: token))
            )
            #expect(try await error { try await provider.client().login() }.code == .invalidIDToken)
        }
    }

    @Test("P-15: a key is used only with the algorithms that fit it, whatever the token's header says")
    func confusion() async throws {
        let provider = try ScriptedProvider(algorithm: .es384)
        for algorithm in Self.all where algorithm != .es384 {
            let key = try TestKeys.key(algorithm, "of \(algorithm.rawValue)")
            let token = try SigningKey(privateKey: key.privateKey, algorithm: algorithm, keyID: "key-1")
                .sign(type: "JWT", payload: provider.claims.serialized())
            provider.transport.replace(
                ScriptedProvider.tokenURL,
                ScriptedTransport.json(provider.tokenAnswer(idToken: token))
            )
            #expect(try await error { try await provider.client().login() }.code == .invalidIDToken, "\(algorithm)")
        }
    }

    @Test("P-15: id_token_algorithms narrows what is accepted")
    func narrowed() async throws {
        let provider = try ScriptedProvider(algorithm: .es256)
        try provider.answerCode()
        let client = try provider.client { $0.behaviour.idTokenAlgorithms = [.es384, .rs256] }
        #expect(try await error { try await client.login() }.code == .invalidIDToken)
        let open = try provider.client { $0.behaviour.idTokenAlgorithms = [.es256] }
        #expect(try await open.login().subject == ScriptedProvider.subject)
    }

    @Test("P-15: the type id_token+jwt is an ID token's; a logout token's or an access token's is not")
    func types() async throws {
        let provider = try ScriptedProvider()
        for (type, isAccepted) in [
            ("id_token+jwt", true), ("application/id_token+jwt", true), ("ID_TOKEN+JWT", true), ("JWT", true),
            ("logout+jwt", false), ("at+jwt", false), ("id_token", false),
        ] {
            let answer = provider.tokenAnswer(idToken: try provider.idToken(type: type))
            provider.transport.replace(ScriptedProvider.tokenURL, ScriptedTransport.json(answer))
            let client = try provider.client()
            if isAccepted {
                #expect(try await client.login().subject == ScriptedProvider.subject, "\(type)")
            } else {
                #expect(try await error { try await client.login() }.code == .invalidIDToken, "\(type)")
            }
        }
    }

    @Test("P-15: dates with fractions are rounded down; texts, exponents and signs stay refused")
    func fractions() async throws {
        let provider = try ScriptedProvider()
        let now = Int(provider.time.now().secondsSinceEpoch)
        func answer(_ exp: String, _ iat: String) throws {
            var claims = provider.claims
            claims["exp"] = nil
            claims["iat"] = nil
            let others = String(decoding: claims.serialized(), as: UTF8.self).dropLast()
            let text = others + ",\"exp\":\(exp),\"iat\":\(iat)}"
            let token = try provider.key.sign(type: "JWT", payload: Array(text.utf8))
            provider.transport.replace(
                ScriptedProvider.tokenURL,
                ScriptedTransport.json(provider.tokenAnswer(idToken: token))
            )
        }
        try answer("\(now + 300).75", "\(now).123456")
        let login = try await provider.client().login()
        #expect(login.idTokenExpiry == Timestamp(secondsSinceEpoch: Int64(now + 300)))
        for (exp, iat) in [
            ("\"\(now + 300)\"", "\(now)"), ("-1.5", "\(now)"), ("1e12", "\(now)"), ("\(now - 61).9", "\(now)"),
            ("\(now + 300)", "\(now + 61).5"), ("99999999999999.5", "\(now)"),
        ] {
            try answer(exp, iat)
            #expect(try await error { try await provider.client().login() }.code == .invalidIDToken, "\(exp) \(iat)")
        }
    }

    @Test("P-15: a clock 90 s ahead needs clock_skew, which is bounded and warned about")
    func skew() async throws {
        let provider = try ScriptedProvider()
        let now = Int(provider.time.now().secondsSinceEpoch)
        try provider.answerCode { $0["iat"] = .integer(now + 90) }
        #expect(try await error { try await provider.client().login() }.code == .invalidIDToken)
        let tolerant = try provider.client { $0.behaviour.clockSkewSeconds = 120 }
        #expect(try await tolerant.login().subject == ScriptedProvider.subject)
        #expect(tolerant.configuration.loosenedVerification.map(\.key) == ["clock_skew"])
        #expect(try provider.client().configuration.loosenedVerification.isEmpty)
        let strict = try provider.client { $0.behaviour.clockSkewSeconds = 0 }
        #expect(strict.configuration.loosenedVerification.isEmpty)
        for seconds in [-1, 601] {
            let refusal = try await error { try provider.client { $0.behaviour.clockSkewSeconds = seconds } }
            #expect(refusal.code == .misconfigured)
        }
    }

    @Test("P-15: two thousand groups, 90 KB, log in; 200 KB do not")
    func largeToken() async throws {
        let provider = try ScriptedProvider()
        func groups(_ count: Int) -> JSONValue {
            .array((0..<count).map { .string("corp-department-\($0)-readers-and-writers") })
        }
        try provider.answerCode { $0["groups"] = groups(2000) }
        let login = try await provider.client().login()
        #expect(login.tokens.idToken?.utf8.count ?? 0 > 90_000)
        #expect(login.claims["groups"]?.arrayValue?.count == 2000)
        try provider.transport.replace(
            ScriptedProvider.tokenURL,
            ScriptedTransport.json(provider.tokenAnswer(idToken: provider.idToken { $0["groups"] = groups(5000) }))
        )
        #expect(try await error { try await provider.client().login() }.code == .invalidIDToken)
    }

    @Test("P-15: a key is found among 512, by name or by trying; more are too many", arguments: [true, false])
    func manyKeys(isNamed: Bool) async throws {
        let provider = try ScriptedProvider()
        let other = try TestKeys.key(.es256, "other").jsonWebKey.publicKey
        func set(_ count: Int) -> JSONWebKeySet {
            let others = (1..<count).map { JSONWebKey(publicKey: other, keyID: "other-\($0)", algorithm: .es256) }
            return JSONWebKeySet(keys: others + [provider.key.jsonWebKey])
        }
        var token = try provider.idToken()
        if !isNamed {
            let head = Base64URL.encode(Array(#"{"alg":"ES256"}"#.utf8))
            let input = head + "." + Base64URL.encode(provider.claims.serialized())
            let signature = try provider.key.privateKey.signature(for: Array(input.utf8), using: .es256)
            token = input + "." + Base64URL.encode(signature)
        }
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(provider.tokenAnswer(idToken: token)))
        for (count, isAccepted) in [(150, true), (512, true), (513, false)] {
            provider.transport.replace(
                ScriptedProvider.keysURL,
                ScriptedTransport.body(set(count).serialized(), type: "application/json")
            )
            let client = try provider.client()
            if isAccepted {
                #expect(try await client.login().subject == ScriptedProvider.subject)
            } else {
                #expect(try await error { try await client.login() }.failureReason == .keysUnavailable)
            }
        }
    }
}
