import OAuthProtocol
import OpenSSLCrypto
import Testing

/// RFC 7591: what clients may say of themselves.
@Suite("RFC 7591: client metadata")
struct ClientMetadataTests {
    private let policy = ClientMetadata.Policy()

    private func metadata(_ text: String, policy: ClientMetadata.Policy? = nil) throws -> ClientMetadata {
        try ClientMetadata(try JSONParser.parseObject(Array(text.utf8)), policy: policy ?? self.policy)
    }

    /// The error for a body, or `nil` when it is accepted.
    private func refusal(_ text: String, policy: ClientMetadata.Policy? = nil) throws -> OAuthError? {
        do {
            _ = try metadata(text, policy: policy)
            return nil
        } catch let error as OAuthError {
            return error
        }
    }

    /// A body with one redirect URI and further members.
    private func body(_ members: String = "", redirects: String = #""https://c/cb""#) -> String {
        #"{"redirect_uris":[\#(redirects)]\#(members.isEmpty ? "" : ",")\#(members)}"#
    }

    // MARK: - Redirect URIs

    @Test(
        "CR-2: redirect URIs that are missing, empty or no array of strings are invalid_redirect_uri",
        arguments: [
            "{}", #"{"redirect_uris":null}"#, #"{"redirect_uris":[]}"#, #"{"redirect_uris":"https://c/cb"}"#,
            #"{"redirect_uris":{}}"#, #"{"redirect_uris":[1]}"#, #"{"redirect_uris":[null]}"#,
            #"{"redirect_uris":[["https://c/cb"]]}"#, #"{"redirect_uris":[""]}"#,
        ]
    )
    func missingRedirectURIs(text: String) throws {
        #expect(try refusal(text)?.code == .invalidRedirectURI)
    }

    @Test(
        "CR-2, D-5: a bad member is named by its index",
        arguments: [
            #""javascript:alert(1)""#, #""http://c/cb""#, #""https://c/#f""#, #""https://u@c/""#, #""https://*.c/""#,
            #""https://c/\r\n""#, #""https://c/\u0000""#, #""https://c/é""#, "7",
        ]
    )
    func badMembers(member: String) throws {
        let error = try #require(try refusal(body(redirects: #""https://c/cb","http://localhost/cb",\#(member)"#)))
        #expect(error.code == .invalidRedirectURI)
        #expect(error.description.contains("redirect_uris[2]"))
    }

    @Test("CR-2, D-91: ten redirect URIs, no more")
    func redirectURICount() throws {
        func list(_ count: Int) -> String { (0..<count).map { #""https://c/\#($0)""# }.joined(separator: ",") }
        #expect(try metadata(body(redirects: list(10))).redirectURIs.count == 10)
        #expect(try refusal(body(redirects: list(11)))?.code == .invalidRedirectURI)
        #expect(try refusal(body(redirects: list(10_000)))?.code == .invalidRedirectURI)
    }

    // MARK: - Application type

    @Test(
        "CR-5: application_type is honoured, and inferred when missing or unknown",
        arguments: [
            ("", #""https://c/cb""#, ApplicationType.web), ("", #""http://localhost/cb""#, .native),
            ("", #""https://c/cb","http://127.0.0.1/""#, .native), ("", #""com.example.app:/cb""#, .native),
            (#""application_type":"native""#, #""https://c/cb""#, .native),
            (#""application_type":"web""#, #""https://c/cb""#, .web),
            (#""application_type":"browser""#, #""http://localhost/cb""#, .native),
            (#""application_type":null"#, #""https://c""#, .web),
            (#""application_type":"""#, #""http://localhost""#, .native),
        ]
    )
    func applicationTypes(members: String, redirects: String, expected: ApplicationType) throws {
        #expect(try metadata(body(members, redirects: redirects)).applicationType == expected)
    }

    @Test("CR-5: a web application has https only", arguments: [#""http://localhost/cb""#, #""com.example.app:/cb""#])
    func webApplications(redirect: String) throws {
        let error = try refusal(body(#""application_type":"web""#, redirects: redirect))
        #expect(error?.code == .invalidRedirectURI)
    }

    // MARK: - Grants and response types

    @Test(
        "CR-3: what is not supported is dropped",
        arguments: [
            ("", [GrantType.authorizationCode, .refreshToken]),
            (#""grant_types":["authorization_code"]"#, [.authorizationCode]),
            (
                #""grant_types":["authorization_code","refresh_token","urn:ietf:params:oauth:grant-type:device_code"]"#,
                [.authorizationCode, .refreshToken]
            ),
            (#""grant_types":["implicit","authorization_code","client_credentials"]"#, [.authorizationCode]),
            (#""grant_types":null,"response_types":null"#, [.authorizationCode, .refreshToken]),
            (#""response_types":["code","id_token"]"#, [.authorizationCode, .refreshToken]),
        ]
    )
    func droppedGrants(members: String, expected: [GrantType]) throws {
        #expect(try metadata(body(members)).grantTypes == Set(expected))
    }

    @Test(
        "CR-3: nothing usable is invalid_client_metadata",
        arguments: [
            #""grant_types":[]"#, #""grant_types":["implicit"]"#, #""grant_types":["refresh_token"]"#,
            #""grant_types":["client_credentials"]"#, #""grant_types":"authorization_code""#, #""grant_types":[1]"#,
            #""response_types":["token"]"#, #""response_types":[]"#, #""response_types":"code""#,
            #""response_types":["code token"]"#,
        ]
    )
    func nothingUsable(members: String) throws {
        #expect(try refusal(body(members))?.code == .invalidClientMetadata)
    }

    // MARK: - Authentication methods

    @Test(
        "FD-7, CR-4: the method is always explicit; native clients get none when they named none or an unknown one",
        arguments: [
            ("", #""http://localhost/cb""#, TokenEndpointAuthenticationMethod.none),
            ("", #""com.example.app:/cb""#, .none),
            ("", #""https://c/cb""#, .clientSecretBasic), (#""application_type":"native""#, #""https://c/cb""#, .none),
            (#""token_endpoint_auth_method":null"#, #""http://localhost/cb""#, .none),
            (#""token_endpoint_auth_method":"none""#, #""https://c/cb""#, .none),
            (#""token_endpoint_auth_method":"client_secret_post""#, #""http://localhost/cb""#, .clientSecretPost),
            (#""token_endpoint_auth_method":"client_secret_basic""#, #""https://c/cb""#, .clientSecretBasic),
            (#""token_endpoint_auth_method":"tls_client_auth""#, #""http://localhost/cb""#, .none),
            (#""token_endpoint_auth_method":"private_key_jwt""#, #""http://localhost/cb""#, .none),
        ]
    )
    func methods(members: String, redirects: String, expected: TokenEndpointAuthenticationMethod) throws {
        #expect(try metadata(body(members, redirects: redirects)).authenticationMethod == expected)
    }

    @Test("CR-4: a web client's unsupported method is refused, by a list of what is on offer")
    func unsupportedMethod() throws {
        let error = try refusal(body(#""token_endpoint_auth_method":"tls_client_auth""#))
        #expect(error?.code == .invalidClientMetadata)
        #expect(error?.description.contains("client_secret_basic, client_secret_post, none") == true)
    }

    @Test("FD-7: private_key_jwt needs keys, one way of naming them")
    func privateKeyJWT() throws {
        let policy = ClientMetadata.Policy(authenticationMethods: [.none, .privateKeyJWT])
        let method = #""token_endpoint_auth_method":"private_key_jwt""#
        let keys = #""jwks":\#(try keySet())"#
        #expect(try refusal(body(method), policy: policy)?.code == .invalidClientMetadata)
        let both = body("\(method),\(keys),\"jwks_uri\":\"https://c/jwks\"")
        #expect(try refusal(both, policy: policy)?.code == .invalidClientMetadata)
        #expect(try metadata(body("\(method),\(keys)"), policy: policy).authenticationMethod == .privateKeyJWT)
        let remote = try metadata(body("\(method),\"jwks_uri\":\"https://c/jwks\""), policy: policy)
        #expect(remote.keySetURI == "https://c/jwks")
    }

    private func keySet() throws -> String {
        let key = JSONWebKey(publicKey: try PrivateKey.generate(.es256).publicKey, keyID: "k1", algorithm: .es256)
        return String(decoding: JSONWebKeySet(keys: [key]).serialized(), as: UTF8.self)
    }

    @Test(
        "a key set without a usable public key is refused",
        arguments: ["{}", #"{"keys":[]}"#, "[]", #""x""#, #"{"keys":[{"kty":"oct","k":"AA"}]}"#, #"{"keys":[{}]}"#]
    )
    func badKeySets(keys: String) throws {
        #expect(try refusal(body(#""jwks":\#(keys)"#))?.code == .invalidClientMetadata)
    }

    @Test("a private key that a client sends along is neither kept nor sent back")
    func privateKeysAreDropped() throws {
        let key = try PrivateKey.generate(.edDSA)
        let jwk = JSONWebKey(publicKey: key.publicKey, keyID: "k1", algorithm: .edDSA)
        let text = String(decoding: JSONWebKeySet(keys: [jwk]).serialized(), as: UTF8.self)
        let leaky = text.dropLast(2) + #",{"kty":"OKP","crv":"Ed25519","x":"AA","d":"SECRET"}]}"#
        let policy = ClientMetadata.Policy(authenticationMethods: [.none, .privateKeyJWT])
        let method = #""token_endpoint_auth_method":"private_key_jwt""#
        let registered = try metadata(body(#"\#(method),"jwks":\#(leaky)"#), policy: policy)
        let kept = try #require(registered.keySet)
        #expect(!String(decoding: kept, as: UTF8.self).contains("SECRET"))
        #expect(try JSONWebKeySet(parsing: kept).keys.map(\.keyID) == ["k1"])
        let answer = registered.response(clientID: "dcr_1", secret: nil, issuedAt: Timestamp(secondsSinceEpoch: 1))
        #expect(!String(decoding: answer.serialized(), as: UTF8.self).contains("SECRET"))
        #expect(try answer["jwks"]?.objectValue == JSONParser.parseObject(kept))
        // A client that does not authenticate with them has no keys, neither here nor in the answer.
        let keyless = try metadata(body(#""jwks":\#(leaky)"#), policy: policy)
        let moment = Timestamp(secondsSinceEpoch: 1)
        #expect(keyless.client(id: "dcr_1", secretHash: nil, issuedAt: moment).keySet == nil)
        #expect(keyless.response(clientID: "dcr_1", secret: nil, issuedAt: moment)["jwks"] == nil)
    }

    // MARK: - Perplexity

    @Test("a listed redirect URI forces a secret, where no other application can listen (CR-14)")
    func forcedConfidential() throws {
        let policy = ClientMetadata.Policy(forcedConfidentialRedirects: ["https://listed/cb"])
        let none = #""token_endpoint_auth_method":"none""#
        let forced = try metadata(body(none, redirects: #""https://listed/cb""#), policy: policy)
        #expect(forced.authenticationMethod == .clientSecretPost)
        let other = try metadata(body(none, redirects: #""https://listed/cb2""#), policy: policy)
        #expect(other.authenticationMethod == .none)
        let mixed = body(none, redirects: #""https://listed/cb","http://localhost/cb""#)
        #expect(try refusal(mixed, policy: policy)?.code == .invalidRedirectURI)
    }

    // MARK: - URLs and names

    private static let hostileURLs = [
        "http://c", "javascript:alert(1)", "c", "https://", "https://u@c/", "data:,x", "https://c/\\n", "//c",
        "https://c/" + String(repeating: "a", count: 2048),
    ]

    @Test("CR-6, C-2: URLs are https", arguments: ["client_uri", "logo_uri", "tos_uri", "policy_uri", "jwks_uri"])
    func urls(field: String) throws {
        for bad in Self.hostileURLs.map({ #""\#($0)""# }) + ["7", "{}", "[]", "true"] {
            let text = body(#""\#(field)":\#(bad)"#)
            // What we fetch must be right; what would only be shown is left out.
            guard field == "jwks_uri" else {
                let answer = try metadata(text)
                    .response(clientID: "dcr_1", secret: nil, issuedAt: Timestamp(secondsSinceEpoch: 1))
                #expect(answer[field] == nil, "\(bad)")
                continue
            }
            let error = try refusal(text)
            #expect(error?.code == .invalidClientMetadata)
            #expect(error?.description.contains(field) == true)
        }
        for absent in [#""""#, "null"] {
            let answer = try metadata(body(#""\#(field)":\#(absent)"#))
                .response(clientID: "dcr_1", secret: nil, issuedAt: Timestamp(secondsSinceEpoch: 1))
            #expect(answer[field] == nil)
        }
        // Keys are kept only for the method that uses them, and the answer names what was kept.
        let method = field == "jwks_uri" ? #""token_endpoint_auth_method":"private_key_jwt","# : ""
        let policy = ClientMetadata.Policy(authenticationMethods: [.clientSecretBasic, .privateKeyJWT])
        let answer = try metadata(body(#"\#(method)"\#(field)":"https://c/x?y#z""#), policy: policy)
            .response(clientID: "dcr_1", secret: nil, issuedAt: Timestamp(secondsSinceEpoch: 1))
        #expect(answer[field] == "https://c/x?y#z")
    }

    @Test(
        "CR-7, D-59, D-91: names lose what deceives, and have an end",
        arguments: [
            ("Claude", "Claude"), ("Claude\u{202E}edualC", "ClaudeedualC"), ("a\u{0}b\nc\u{7F}d\te", "abcde"),
            ("a\u{200B}\u{200D}\u{FEFF}\u{2060}b", "ab"), ("\u{2066}x\u{2069}", "x"), ("a\u{2028}b\u{2029}c", "abc"),
            ("\u{E000}x\u{E0041}", "x"), ("Ünï 𝄞 日本", "Ünï 𝄞 日本"), ("<b>&\"'", "<b>&\"'"),
            ("\u{3164}x\u{115F}\u{034F}\u{FE0F}", "x"),
            (String(repeating: "a", count: 101), String(repeating: "a", count: 100)),
        ]
    )
    func names(name: String, displayed: String) throws {
        #expect(ClientMetadata.displayable(name) == displayed)
    }

    @Test(
        "CR-7: a name of nothing visible is none",
        arguments: ["", " ", "\u{202E}", "\u{3164}\u{115F}", "\u{3000}\n"]
    )
    func emptyNames(name: String) {
        #expect(ClientMetadata.displayable(name) == nil)
    }

    @Test("D-91: a name of one letter with thirty thousand marks costs no more than a hundred letters")
    func combiningMarks() throws {
        let name = try #require(ClientMetadata.displayable("Z" + String(repeating: "\u{0310}", count: 30_000)))
        #expect(name.utf8.count <= 400)
    }

    @Test(
        "D-91: members of a wrong type are refused by name, unknown ones ignored",
        arguments: [
            "client_name", "scope", "token_endpoint_auth_method", "application_type",
        ]
    )
    func wrongTypes(field: String) throws {
        for value in ["7", "true", "[]", "{}"] {
            let error = try refusal(body(#""\#(field)":\#(value)"#))
            #expect(error?.code == .invalidClientMetadata)
            #expect(error?.description.contains(field) == true)
        }
        #expect(try refusal(body(#""__proto__":{"x":1},"constructor":7,"x":null"#)) == nil)
    }

    @Test("a bad scope is invalid_client_metadata, an empty one is none")
    func scopes() throws {
        #expect(try refusal(body(#""scope":"a\"b""#))?.code == .invalidClientMetadata)
        #expect(try metadata(body(#""scope":"""#)).scopes == nil)
        #expect(try metadata(body(#""scope":"  ""#)).scopes == nil)
        #expect(try metadata(body(#""scope":"b a b""#)).scopes?.text == "b a")
    }
}
