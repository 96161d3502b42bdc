import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// D-30…D-38, RFC 8725: tokens that were never ours, or are no access tokens, in an access token's place.
///
/// Most of them carry a right signature of our own key: nothing but the rule under test can refuse them.
@Suite("Hostile subject tokens")
struct HostileSubjectTokenTests {
    /// A server, a genuine token of it, and its signing key.
    struct World {
        let server: TestServer
        let client: OAuthTestClient
        let genuine: String
        let claims: JSONObject
        let key: SigningKey

        init(_ server: TestServer) async throws {
            self.server = server
            let (client, tokens) = try await server.loggedIn()
            self.client = client
            genuine = try tokens.accessToken
            claims = try DecodedToken(genuine).claims
            key = server.server.keys.current.active
        }

        var payload: String { String(decoding: claims.serialized(), as: UTF8.self) }
        var header: String { #"{"alg":"ES256","kid":"\#(key.keyID)","typ":"at+jwt"}"# }

        /// A token whose signature is right.
        func signed(header: String? = nil, payload: String? = nil) throws -> String {
            try signed(header: Array((header ?? self.header).utf8), payload: Array((payload ?? self.payload).utf8))
        }

        func signed(header: [UInt8], payload: [UInt8]) throws -> String {
            let input = Base64URL.encode(header) + "." + Base64URL.encode(payload)
            let signature = try key.privateKey.signature(for: Array(input.utf8), using: .es256)
            return input + "." + Base64URL.encode(signature)
        }

        /// A token of ours with one claim changed.
        func signed(_ name: String, _ value: JSONValue?) throws -> String {
            try signed(payload: String(decoding: claims.replacing(name, value).serialized(), as: UTF8.self))
        }

        /// Each is refused with 400 and one of the two codes, and nothing else happens.
        func expectRefusal(
            _ tokens: [String],
            code: String = "invalid_grant",
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let requests = server.provider.capturedRequests().count
            for (index, token) in tokens.enumerated() {
                let answer = try await client.exchange(token)
                #expect(answer.isError(400, code), "token \(index)", sourceLocation: sourceLocation)
            }
            #expect(server.provider.capturedRequests().count == requests, sourceLocation: sourceLocation)
            #expect(try server.auditEvents("upstream_token.exchanged").isEmpty, sourceLocation: sourceLocation)
            // The session has not suffered, and the key under test is the one that signs.
            #expect(try await client.exchange(genuine).status == 200, sourceLocation: sourceLocation)
        }
    }

    private func run(_ body: (World) async throws -> Void) async throws {
        try await TestServer.run { server in try await body(try await World(server)) }
    }

    @Test("the forger of these tests is good: the same claims, signed again, are accepted")
    func control() async throws {
        try await run { world in
            let answer = try await world.client.exchange(try world.signed())
            #expect(answer.status == 200)
        }
    }

    @Test("D-30: none, HMAC with the public key in every form, and another algorithm than the key's")
    func algorithms() async throws {
        try await run { world in
            var tokens: [String] = []
            let body = Base64URL.encode(Array(world.payload.utf8))
            for algorithm in ["none", "None", "HS256", "HS512", "RS256", "EdDSA", "PS256", "ES384", "", "es256"] {
                let header = #"{"alg":"\#(algorithm)","kid":"\#(world.key.keyID)","typ":"at+jwt"}"#
                let input = Base64URL.encode(Array(header.utf8)) + "." + body
                tokens += [input + ".", try world.signed(header: header)]
                for secret in [
                    Array(world.key.privateKey.publicKey.pem.utf8), world.key.jsonWebKey.json.serialized(), [],
                ] {
                    let code = HMACSHA256Key(secret).authenticationCode(for: Array(input.utf8))
                    tokens.append(input + "." + Base64URL.encode(code.bytes))
                }
            }
            try await world.expectRefusal(tokens)
        }
    }

    @Test("D-31: kid as path, query, URL, object, array, huge, empty or missing")
    func keyIDs() async throws {
        try await run { world in
            let ids = [
                #""../../etc/passwd""#, #""' OR '1'='1""#, #""https://evil.example/key""#,
                "\"" + String(repeating: "k", count: 10_000) + "\"", #"["\#(world.key.keyID)"]"#, "{}", "1", "null",
                #""""#, #""\#(world.key.keyID) ""#, #""\u0000""#,
            ]
            var tokens = try ids.map { try world.signed(header: #"{"alg":"ES256","kid":\#($0),"typ":"at+jwt"}"#) }
            tokens.append(try world.signed(header: #"{"alg":"ES256","typ":"at+jwt"}"#))
            try await world.expectRefusal(tokens)
        }
    }

    @Test("D-32: keys that the token brings along or points at are not used, and nothing is fetched")
    func embeddedKeys() async throws {
        try await run { world in
            let evil = SigningKey(
                privateKey: try PrivateKey.generate(.es256),
                algorithm: .es256,
                keyID: world.key.keyID
            )
            let jwk = String(decoding: evil.jsonWebKey.json.serialized(), as: UTF8.self)
            let keySet = world.server.provider.url(of: .keySet)
            let parameters = [
                #""jwk":\#(jwk)"#, #""x5c":["MIIB"]"#, #""jku":"\#(keySet)""#, #""x5u":"\#(keySet)""#,
            ]
            let tokens = try parameters.map { parameter in
                let header = #"{"alg":"ES256","kid":"\#(world.key.keyID)","typ":"at+jwt",\#(parameter)}"#
                let input = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(world.payload.utf8))
                let signature = try evil.privateKey.signature(for: Array(input.utf8), using: .es256)
                return input + "." + Base64URL.encode(signature)
            }
            try await world.expectRefusal(tokens)
        }
    }

    @Test("D-33: crit, b64, zip, encryption and nesting")
    func extensions() async throws {
        try await run { world in
            let parameters = [
                #""crit":["exp"]"#, #""crit":[]"#, #""crit":["b64"],"b64":false"#, #""b64":false"#, #""b64":true"#,
                #""zip":"DEF""#, #""enc":"A256GCM""#, #""cty":"JWT""#,
            ]
            var tokens = try parameters.map { parameter in
                try world.signed(header: #"{"alg":"ES256","kid":"\#(world.key.keyID)","typ":"at+jwt",\#(parameter)}"#)
            }
            let segment = Base64URL.encode(Array("{}".utf8))
            tokens.append([segment, segment, segment, segment, segment].joined(separator: "."))
            tokens.append(try world.signed(payload: world.genuine))
            try await world.expectRefusal(tokens)
        }
    }

    @Test("D-34: repeated members, broken UTF-8, trailing data, padding and white space")
    func encodings() async throws {
        try await run { world in
            let header = Array(world.header.utf8)
            let payload = Array(world.payload.utf8)
            let parts = world.genuine.split(separator: ".").map(String.init)
            let tokens = [
                try world.signed(payload: world.payload.dropLast() + #","exp":9999999999}"#),
                try world.signed(payload: #"{"aud":"https://evil.example","# + world.payload.dropFirst()),
                try world.signed(payload: world.payload.dropLast() + #","\u0065xp":9999999999}"#),
                try world.signed(header: world.header.dropLast() + #","alg":"none"}"#),
                try world.signed(payload: world.payload + "x"),
                try world.signed(payload: world.payload + world.payload),
                try world.signed(
                    header: header,
                    payload: payload.dropLast() + Array(#","x":""#.utf8) + [0xFF, 0x22, 0x7D]
                ),
                try world.signed(header: header + [0], payload: payload),
                try world.signed(payload: "[]"), try world.signed(payload: "null"), try world.signed(payload: ""),
                parts[0] + "=." + parts[1] + "." + parts[2], parts.joined(separator: ".") + "=",
                parts[0] + "\n." + parts[1] + "." + parts[2], " " + world.genuine, world.genuine + " ",
                world.genuine + ".", "." + world.genuine, parts[0] + "." + parts[1], "Bearer " + world.genuine,
                String(repeating: "a", count: 20_000), "", ".", "..",
            ].filter { !$0.isEmpty }
            try await world.expectRefusal(tokens)
        }
    }

    @Test("D-35: signatures of zeros, in DER, too short, too long, of another key, of another payload")
    func signatures() async throws {
        try await run { world in
            let parts = world.genuine.split(separator: ".").map(String.init)
            let input = parts[0] + "." + parts[1] + "."
            let genuine = try #require(Base64URL.decode(parts[2]))
            // SEQUENCE of two INTEGERs of 33 bytes.
            let der = [0x30, 0x46, 0x02, 0x21, 0x00] + genuine[..<32] + [0x02, 0x21, 0x00] + genuine[32...]
            let other = SigningKey(
                privateKey: try PrivateKey.generate(.es256),
                algorithm: .es256,
                keyID: world.key.keyID
            )
            let changed = world.claims.replacing("sub", .string("u_AAAAAAAAAAAAAAAAAAAAAA")).serialized()
            let tokens = [
                input + Base64URL.encode(Array(repeating: 0, count: 64)), input + Base64URL.encode(Array(der)),
                input + Base64URL.encode(Array(genuine.dropLast())), input + Base64URL.encode(genuine + [0]),
                input + Base64URL.encode(Array(genuine.reversed())), input,
                try other.sign(type: "at+jwt", payload: Array(world.payload.utf8)),
                parts[0] + "." + Base64URL.encode(changed) + "." + parts[2],
            ]
            try await world.expectRefusal(tokens)
        }
    }

    @Test("D-36, JW-6: tokens of another type, also when our own key signed them")
    func otherTypes() async throws {
        try await run { world in
            let types = [
                "JWT", "client-authentication+jwt", "oauth-id-jag+jwt", "dpop+jwt", "logout+jwt",
                "token-introspection+jwt", "at", "",
            ]
            var tokens = try types.map {
                try world.signed(header: #"{"alg":"ES256","kid":"\#(world.key.keyID)","typ":"\#($0)"}"#)
            }
            tokens.append(try world.signed(header: #"{"alg":"ES256","kid":"\#(world.key.keyID)"}"#))
            try await world.expectRefusal(tokens)
        }
    }

    @Test("D-36, D-68: the provider's ID token and access token, our refresh token and a code")
    func tokensOfOthers() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            let refreshToken = try await client.redeem(try await server.issuedCode(for: client)).refreshToken
            let world = try await World(server)
            let upstream = try await world.client.exchange(world.genuine).accessToken
            let subject: JSONValue = "ada"
            let idToken = try server.provider.signedToken(
                ["iss": .string(server.provider.issuer), "sub": subject, "aud": "gatehouse", "exp": 4_000_000_000]
            )
            // The provider's key, our issuer and our type.
            let disguised = try server.provider.signedToken(world.claims, type: "at+jwt")
            for token in [upstream, idToken, disguised, refreshToken, code] {
                #expect(try await world.client.exchange(token).isError(400, "invalid_grant"))
            }
        }
    }

    @Test("D-38: dates that are no whole numbers, out of range, in the wrong order, or of the future")
    func dates() async throws {
        try await run { world in
            let number = { (text: String, name: String) throws -> String in
                let value = try #require(world.claims[name]?.integerValue)
                return world.payload.replacing("\"\(name)\":\(value)", with: "\"\(name)\":\(text)")
            }
            var tokens: [String] = []
            for text in [
                #""9999999999""#, "9999999999.5", "-1", "1e10", "99999999999999999999999", "NaN", "Infinity", "null",
                "true", "[9999999999]", "09999999999", "0", "1",
            ] {
                tokens.append(try world.signed(payload: try number(text, "exp")))
            }
            for text in [#""1""#, "1.5", "-1", "99999999999999999999", "4000000000"] {
                tokens.append(try world.signed(payload: try number(text, "iat")))
            }
            tokens.append(try world.signed(payload: world.payload.dropLast() + #","nbf":4000000000}"#))
            let now = Int(world.server.clock.now().secondsSinceEpoch)
            tokens.append(try world.signed("exp", .integer(now)))
            try await world.expectRefusal(tokens)
        }
    }

    @Test("RFC 9068 §4: claims that are missing, of the wrong type, or of another server, user, client or session")
    func claims() async throws {
        try await run { world in
            var tokens: [String] = []
            for name in ["iss", "sub", "aud", "client_id", "jti", "iat", "exp", "tsid"] {
                tokens += [try world.signed(name, nil), try world.signed(name, .null), try world.signed(name, [1])]
            }
            let issuer = world.server.issuer
            for (name, value) in [
                ("iss", issuer + "/"), ("iss", issuer.uppercased()), ("iss", "https://evil.example"),
                ("sub", "u_AAAAAAAAAAAAAAAAAAAAAA"), ("sub", world.client.id), ("client_id", "dcr_somebody-else"),
                ("client_id", TestServer.resourceServer.id), ("tsid", "ts_AAAAAAAAAAAAAAAAAAAAAA"), ("tsid", "x"),
                ("tsid", ""),
            ] {
                tokens.append(try world.signed(name, .string(value)))
            }
            // RI-3: a string, the one resource: an array could hide another audience.
            tokens.append(try world.signed("aud", [.string(TestServer.resource)]))
            tokens.append(try world.signed("aud", [.string(TestServer.resource), "https://evil.example"]))
            tokens.append(try world.signed("cnf", ["jkt": "x"]))
            try await world.expectRefusal(tokens)
        }
    }

    @Test("D-37: an audience that is another's, the issuer's or the client's is invalid_target")
    func audiences() async throws {
        try await run { world in
            let tokens = try [
                "https://other.example.com/mcp", world.server.issuer, world.client.id, TestServer.resource + "/",
                "HTTPS://mcp.example.com/mcp", TestServer.resourceServer.id,
            ].map { try world.signed("aud", .string($0)) }
            try await world.expectRefusal(tokens, code: "invalid_target")
        }
    }

    @Test("D-39: after a rotation old tokens are good until they expire; a withdrawn key's are not")
    func rotation() async throws {
        try await run { world in
            let ring = world.server.server.stores.keys
            for _ in 0..<2 {
                let successor = try StoredSigningKey(
                    .generate(.es256),
                    purpose: .accessToken,
                    state: .next,
                    publishedAt: world.server.clock.now()
                )
                _ = try await ring.rotate(successor: successor, publishedBy: nil, now: world.server.clock.now()).outcome
                world.server.server.keys.publish(await ring.generation())
                #expect(try await world.client.exchange(world.genuine).status == 200)
            }
            _ = try await ring.withdraw(retiredBefore: world.server.clock.now() + .seconds(1)).outcome
            world.server.server.keys.publish(await ring.generation())
            #expect(try await world.client.exchange(world.genuine).isError(400, "invalid_grant"))
            let fresh = try await world.client.tokens(at: world.server)
            #expect(try await world.client.exchange(fresh.accessToken).status == 200)
        }
    }
}

extension JSONObject {
    fileprivate func replacing(_ name: String, _ value: JSONValue?) -> JSONObject {
        var copy = self
        copy[name] = value
        return copy
    }
}
