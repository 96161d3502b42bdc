import OAuthProtocol
import OpenSSLCrypto
import Testing

@Suite("OAuth Client ID Metadata Document §4: what a document may say (CM-3, CM-9, D-86, D-87, D-88)")
struct ClientMetadataDocumentTests {
    static let now = Timestamp(secondsSinceEpoch: 1_795_000_000)
    static let address = "https://client.example/oauth/client.json"
    static let minimal: JSONObject = [
        "client_id": .string(address), "client_name": "Client", "redirect_uris": ["https://client.example/callback"],
    ]

    /// A document refused or accepted after one change.
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let apply: @Sendable (inout JSONObject) -> Void

        init(_ description: String, _ apply: @escaping @Sendable (inout JSONObject) -> Void) {
            testDescription = description
            self.apply = apply
        }
    }

    static func client(
        _ body: [UInt8],
        at address: String = address,
        methods: Set<TokenEndpointAuthenticationMethod> = [.none, .privateKeyJWT],
        now: Timestamp = now
    ) throws -> Client {
        let url = try ClientIDURL(address, allowsLoopback: false)
        return try ClientMetadataDocument(
            body,
            at: url,
            policy: .init(authenticationMethods: methods),
            now: now
        ).client
    }

    @Test("CM-3: Claude Code's document makes a public native client")
    func claudeCode() throws {
        let text = """
            {"client_id":"https://claude.ai/oauth/claude-code-client-metadata","client_name":"Claude Code",
            "redirect_uris":["http://localhost/callback","http://127.0.0.1/callback"],
            "grant_types":["authorization_code","refresh_token"],"response_types":["code"],
            "token_endpoint_auth_method":"none"}
            """
        let client = try Self.client(Array(text.utf8), at: "https://claude.ai/oauth/claude-code-client-metadata")
        #expect(client.kind == .metadataDocument)
        #expect(client.name == "Claude Code")
        #expect(client.redirectURIs == ["http://localhost/callback", "http://127.0.0.1/callback"])
        #expect(client.grantTypes == [.authorizationCode, .refreshToken])
        #expect(client.authenticationMethods == [.none])
        #expect(RedirectURI.match("http://localhost:51004/callback", among: client.redirectURIs))
        #expect(!client.isTrusted)
    }

    @Test("CM-9: ChatGPT's document: extra grants dropped, every common method accepted")
    func chatGPT() throws {
        let text = """
            {"client_id":"https://chatgpt.com/oauth/x/client.json","client_uri":"https://chatgpt.com/",
            "client_name":"ChatGPT","logo_uri":"https://chatgpt.com/logo.png",
            "redirect_uris":["https://chatgpt.com/connector/oauth/x"],
            "grant_types":["authorization_code","refresh_token","urn:ietf:params:oauth:grant-type:jwt-bearer"],
            "response_types":["code","id_token"],"token_endpoint_auth_method":"private_key_jwt",
            "token_endpoint_auth_methods_supported":["none","private_key_jwt"],
            "token_endpoint_auth_signing_alg":"RS256","jwks_uri":"https://chatgpt.com/oauth/jwks.json"}
            """
        let address = "https://chatgpt.com/oauth/x/client.json"
        let client = try Self.client(Array(text.utf8), at: address)
        #expect(client.authenticationMethods == [.none, .privateKeyJWT])
        #expect(client.keySetURI == "https://chatgpt.com/oauth/jwks.json")
        #expect(client.grantTypes == [.authorizationCode, .refreshToken])
        let publicOnly = try Self.client(Array(text.utf8), at: address, methods: [.none, .clientSecretBasic])
        #expect(publicOnly.authenticationMethods == [.none])
    }

    @Test("CM-3: the least that a document needs")
    func smallest() throws {
        let client = try Self.client(Self.minimal.serialized())
        #expect(client.authenticationMethods == [.none])
        #expect(client.id == Self.address)
    }

    static let refused = [
        Change("CM-3: no client_id") { $0["client_id"] = nil },
        Change("D-86: another path") { $0["client_id"] = "https://client.example/oauth/other.json" },
        Change("D-86: another case") { $0["client_id"] = "https://Client.example/oauth/client.json" },
        Change("D-86: the default port written") { $0["client_id"] = "https://client.example:443/oauth/client.json" },
        Change("D-86: a trailing slash") { $0["client_id"] = .string(address + "/") },
        Change("D-86: an escape") { $0["client_id"] = "https://client.example/oauth/client%2Ejson" },
        Change("D-86: a look-alike") { $0["client_id"] = "https://client.example/oauth/client.json\u{200B}" },
        Change("D-86: a client_id that is no string") { $0["client_id"] = [.string(address)] },
        Change("CM-3: no client_name") { $0["client_name"] = nil },
        Change("CM-3: an empty client_name") { $0["client_name"] = "" },
        Change("CM-3: a client_name of spaces and direction marks") { $0["client_name"] = " \u{202E}\u{200B}" },
        Change("D-91: a client_name that is a number") { $0["client_name"] = 7 },
        Change("CM-3: no redirect_uris") { $0["redirect_uris"] = nil },
        Change("D-87: empty redirect_uris") { $0["redirect_uris"] = [] },
        Change("D-87: redirect_uris that is a string") { $0["redirect_uris"] = "https://client.example/callback" },
        Change("D-87: a wildcard") { $0["redirect_uris"] = ["http://localhost:*/cb"] },
        Change("D-87: ten thousand redirect_uris") {
            $0["redirect_uris"] = .array((0..<10_000).map { "https://client.example/\($0)" })
        },
        Change("D-5: a redirect that runs") { $0["redirect_uris"] = ["javascript:alert(1)"] },
        Change("D-3: plain http") { $0["redirect_uris"] = ["http://client.example/callback"] },
        Change("D-87: a client_secret") { $0["client_secret"] = "s" },
        Change("D-87: a client_secret that is null") { $0["client_secret"] = .null },
        Change("CM-3: client_secret_expires_at") { $0["client_secret_expires_at"] = 0 },
        Change("CM-3: client_secret_basic") { $0["token_endpoint_auth_method"] = "client_secret_basic" },
        Change("CM-3: client_secret_post") { $0["token_endpoint_auth_method"] = "client_secret_post" },
        Change("D-87: client_secret_jwt") { $0["token_endpoint_auth_method"] = "client_secret_jwt" },
        Change("D-87: an HMAC algorithm") { $0["token_endpoint_auth_signing_alg"] = "HS256" },
        Change("CM-9: a method that this server does not offer") {
            $0["token_endpoint_auth_method"] = "tls_client_auth"
        },
        Change("CM-9: an empty intersection") {
            $0["token_endpoint_auth_methods_supported"] = ["tls_client_auth", "client_secret_basic"]
        },
        Change("CM-9: an empty list") { $0["token_endpoint_auth_methods_supported"] = [] },
        Change("CM-9: a list that is a string") { $0["token_endpoint_auth_methods_supported"] = "none" },
        Change("CM-9: private_key_jwt without keys") { $0["token_endpoint_auth_method"] = "private_key_jwt" },
        Change("D-88: jwks_uri by http") { $0["jwks_uri"] = "http://client.example/jwks.json" },
        Change("no code grant") { $0["grant_types"] = ["client_credentials"] },
        Change("no code response") { $0["response_types"] = ["token"] },
    ]

    @Test("a document that breaks a rule is refused", arguments: refused)
    func refusal(_ change: Change) throws {
        var json = Self.minimal
        change.apply(&json)
        #expect(throws: ClientMetadataDocument.Refusal.self) { _ = try Self.client(json.serialized()) }
    }

    @Test(
        "D-85: what is not one JSON object is refused",
        arguments: ["", "[]", "null", "\"x\"", "<html></html>", "{\"client_id\":", "{\"a\":1,\"a\":2}", "{}{}"]
    )
    func notJSON(_ text: String) {
        #expect(throws: ClientMetadataDocument.Refusal.self) { _ = try Self.client(Array(text.utf8)) }
    }

    @Test("CM-9: the plural field counts, the singular one is a preference")
    func pluralWins() throws {
        var json = Self.minimal
        json["token_endpoint_auth_methods_supported"] = ["client_secret_basic", "none", "future_method"]
        json["token_endpoint_auth_method"] = "private_key_jwt"
        #expect(try Self.client(json.serialized()).authenticationMethods == [.none])
    }

    @Test("CM-10: other redirect URIs or keys are another fingerprint, another name is not")
    func fingerprint() throws {
        func client(_ member: String, _ value: JSONValue, at moment: Timestamp = Self.now) throws -> Client {
            var json = Self.minimal
            json[member] = value
            return try Self.client(json.serialized(), now: moment)
        }
        let original = try client("client_name", "Original")
        let renamed = try client("client_name", "Renamed", at: Self.now + .seconds(60))
        #expect(renamed.documentFingerprint == original.documentFingerprint)
        #expect(!renamed.saysTheSame(as: original))
        let later = try client("client_name", "Original", at: Self.now + .seconds(60))
        #expect(later.saysTheSame(as: original))
        #expect(later != original)
        let moved = try client("redirect_uris", ["https://client.example/cb", "https://client.example/other"])
        func keyed(_ path: String) throws -> Client {
            var json = Self.minimal
            json["token_endpoint_auth_method"] = "private_key_jwt"
            json["jwks_uri"] = .string("https://client.example/" + path)
            return try Self.client(json.serialized())
        }
        let changed = try [original, moved, keyed("jwks.json"), keyed("other.json")]
        #expect(Set(changed.map(\.documentFingerprint)).count == changed.count)
        // Keys that the client does not authenticate with are not kept, and need no new consent.
        let unused = try client("jwks_uri", "https://client.example/jwks.json")
        #expect(unused.keySetURI == nil && unused.authenticationMethods == [.none])
        #expect(unused.documentFingerprint == original.documentFingerprint)
        let registered = Client(
            id: "dcr_1",
            kind: .dynamic,
            redirectURIs: original.redirectURIs,
            grantTypes: original.grantTypes,
            authenticationMethods: original.authenticationMethods,
            issuedAt: Self.now
        )
        #expect(registered.documentFingerprint == nil)
    }
}
