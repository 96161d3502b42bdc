import OAuthProtocol
import OpenSSLCrypto
import Testing

/// RFC 7591 §3: registrations as real clients send them, and their answers.
@Suite("RFC 7591, CR-1: bodies of real clients")
struct RegistrationBodyTests {
    private static let cursorCallback = "cursor://anysphere.cursor-mcp/oauth/callback"
    private static let policy = ClientMetadata.Policy(redirectURIs: .init(allowedPrivateUse: [cursorCallback]))
    private static let issuedAt = Timestamp(secondsSinceEpoch: 1_794_996_400)

    private static let visualStudioCode = #"""
        {"client_name":"Visual Studio Code","client_uri":"https://code.visualstudio.com","grant_types":["authorization_code","refresh_token"],"response_types":["code"],
         "redirect_uris":["https://insiders.vscode.dev/redirect","https://vscode.dev/redirect","http://127.0.0.1/","http://127.0.0.1:33418/"],
         "scope":"mcp:read","token_endpoint_auth_method":"none","application_type":"native"}
        """#
    private static let cursor = #"""
        {"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","https://www.cursor.com/agents/mcp/oauth/callback","http://localhost:8787/callback"],
         "token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"]}
        """#
    private static let mcpRemote = #"""
        {"client_name":"MCP CLI Client","client_uri":"https://github.com/modelcontextprotocol/mcp-cli","redirect_uris":["http://localhost:3334/oauth/callback"],
         "token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"],
         "software_id":"2e6dc280-f3c3-4e01-99a7-8181dbd1d23d","software_version":"x","scope":"openid email profile"}
        """#
    private static let pythonSDK = #"""
        {"redirect_uris":["http://localhost:3030/callback"],"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"client_name":"py","application_type":"native"}
        """#

    private static func parse(_ text: String) throws -> JSONObject {
        try JSONParser.parseObject(Array(text.utf8))
    }

    @Test(
        "CR-1: every value that was sent comes back unchanged, with id, time and method, and no secret",
        arguments: [visualStudioCode, cursor, mcpRemote, pythonSDK]
    )
    func echo(body: String) throws {
        let sent = try Self.parse(body)
        let metadata = try ClientMetadata(sent, policy: Self.policy)
        let answer = metadata.response(clientID: "dcr_Qx", secret: nil, issuedAt: Self.issuedAt)
        for (name, value) in sent.members {
            #expect(answer[name] == value, "\(name)")
        }
        #expect(answer["client_id"] == "dcr_Qx")
        #expect(answer["client_id_issued_at"] == 1_794_996_400)
        // The Python SDK sends no method; it behaves as public only if the answer says so (FD-7).
        #expect(answer["token_endpoint_auth_method"] == "none")
        #expect(answer["client_secret"] == nil && answer["client_secret_expires_at"] == nil)
        // CR-12: there is no RFC 7592 endpoint to name.
        #expect(answer["registration_client_uri"] == nil && answer["registration_access_token"] == nil)
        let text = String(decoding: answer.serialized(), as: UTF8.self)
        #expect(!text.contains("null") && !text.contains(#":"""#))
    }

    @Test("CR-1: Cursor's answer")
    func cursorAnswer() throws {
        let expected = #"""
            {"client_id":"dcr_Qx","client_id_issued_at":1794996400,"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","https://www.cursor.com/agents/mcp/oauth/callback","http://localhost:8787/callback"],"grant_types":["authorization_code","refresh_token"],
             "response_types":["code"],"token_endpoint_auth_method":"none","application_type":"native"}
            """#
        let metadata = try ClientMetadata(try Self.parse(Self.cursor), policy: Self.policy)
        let answer = metadata.response(clientID: "dcr_Qx", secret: nil, issuedAt: Self.issuedAt)
        #expect(answer == (try Self.parse(expected)))
    }

    @Test("FD-4: where Cursor's callback is not allowed, the error names it and not its neighbours")
    func cursorRefused() throws {
        let body = try Self.parse(Self.cursor)
        #expect {
            try ClientMetadata(body, policy: .init())
        } throws: { error in
            let error = error as? OAuthError
            return error?.code == .invalidRedirectURI && error?.description.contains("redirect_uris[0]") == true
        }
    }

    @Test("CR-1: a secret comes with its expiry, and is an integer's worth of never")
    func secrets() throws {
        let metadata = try ClientMetadata(try Self.parse(#"{"redirect_uris":["https://c/cb"]}"#), policy: Self.policy)
        #expect(metadata.authenticationMethod == .clientSecretBasic)
        let secret = ClientSecret(random: SystemRandomSource())
        let answer = metadata.response(clientID: "dcr_1", secret: secret, issuedAt: Self.issuedAt)
        #expect(answer["client_secret"] == .string(secret.wireValue))
        #expect(answer["client_secret_expires_at"] == 0)
        #expect(answer["grant_types"] == ["authorization_code", "refresh_token"])
        #expect(answer["response_types"] == ["code"])
        #expect(answer["application_type"] == "web")
    }

    @Test("CR-3: dropped grants are not echoed, a substituted method is")
    func substitutions() throws {
        let body = #"""
            {"redirect_uris":["http://localhost/cb"],"grant_types":["authorization_code","implicit"],
            "response_types":["code","token"],"token_endpoint_auth_method":"tls_client_auth"}
            """#
        let answer = try ClientMetadata(try Self.parse(body), policy: Self.policy)
            .response(clientID: "dcr_1", secret: nil, issuedAt: Self.issuedAt)
        #expect(answer["grant_types"] == ["authorization_code"])
        #expect(answer["response_types"] == ["code"])
        #expect(answer["token_endpoint_auth_method"] == "none")
    }

    @Test("the client that is stored has everything that rules look at, and no scope limit of its own making")
    func storedClient() throws {
        let metadata = try ClientMetadata(try Self.parse(Self.mcpRemote), policy: Self.policy)
        let client = metadata.client(id: "dcr_1", secretHash: nil, issuedAt: Self.issuedAt)
        #expect(client.kind == .dynamic)
        #expect(client.isPublic && !client.isTrusted)
        #expect(client.redirectURIs == ["http://localhost:3334/oauth/callback"])
        #expect(client.grantTypes == [.authorizationCode, .refreshToken])
        #expect(client.scopes == nil)
        #expect(client.name == "MCP CLI Client")
    }

    @Test("CR-8: dynamic ids begin so that no URL does, and need no escapes")
    func idPrefix() {
        #expect(Client.dynamicIDPrefix == "dcr_")
        #expect(!Client.dynamicIDPrefix.hasPrefix("http"))
        #expect(PercentEncoding.encode(Client.dynamicIDPrefix) == Client.dynamicIDPrefix)
    }

    @Test("D-92: a name does not make a client trusted")
    func impersonation() throws {
        let body = #"{"client_name":"Claude","redirect_uris":["https://evil.example/cb"]}"#
        let client = try ClientMetadata(try Self.parse(body), policy: Self.policy)
            .client(id: "dcr_1", secretHash: nil, issuedAt: Self.issuedAt)
        #expect(client.name == "Claude")
        #expect(!client.isTrusted && client.kind == .dynamic)
    }
}
