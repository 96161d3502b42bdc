import OAuthProtocol
import Testing

/// RFC 8414: the metadata document.
@Suite("RFC 8414: metadata")
struct AuthorizationServerMetadataTests {
    private func metadata(_ issuer: String = "https://auth.example.com") throws -> AuthorizationServerMetadata {
        var metadata = AuthorizationServerMetadata(
            issuer: try Issuer(issuer),
            scopes: ScopeSet(["mcp:read", "offline_access"])
        )
        metadata.endpoints = [
            .init(member: "authorization_endpoint", path: "/oauth/authorize"),
            .init(member: "token_endpoint", path: "/oauth/token", authentication: .every),
            .init(member: "jwks_uri", path: "/.well-known/jwks.json"),
        ]
        return metadata
    }

    private func complete(_ issuer: String = "https://auth.example.com") throws -> AuthorizationServerMetadata {
        var metadata = try metadata(issuer)
        metadata.grantTypes = [.authorizationCode, .refreshToken, .clientCredentials, .tokenExchange]
        metadata.authenticationMethods = [.none, .clientSecretBasic, .clientSecretPost, .privateKeyJWT]
        metadata.assertionAlgorithms = ["ES256", "RS256"]
        metadata.proofAlgorithms = ["ES256", "EdDSA"]
        metadata.allowsMetadataDocuments = true
        metadata.endpoints += [
            .init(member: "registration_endpoint", path: "/oauth/register"),
            .init(member: "revocation_endpoint", path: "/oauth/revoke", authentication: .every),
            .init(member: "introspection_endpoint", path: "/oauth/introspect", authentication: .proven),
            .init(member: "userinfo_endpoint", path: "/oauth/userinfo"),
        ]
        return metadata
    }

    @Test("MD-5, MD-7: with everything off, the document has what works and no more")
    func minimal() throws {
        let expected = #"""
            {"issuer":"https://auth.example.com","authorization_endpoint":"https://auth.example.com/oauth/authorize",
            "token_endpoint":"https://auth.example.com/oauth/token",
            "token_endpoint_auth_methods_supported":["none","client_secret_basic","client_secret_post"],
            "jwks_uri":"https://auth.example.com/.well-known/jwks.json","response_types_supported":["code"],
            "response_modes_supported":["query"],"grant_types_supported":["authorization_code","refresh_token"],
            "code_challenge_methods_supported":["S256"],"scopes_supported":["mcp:read","offline_access"],
            "authorization_response_iss_parameter_supported":true,"subject_types_supported":["public"],
            "id_token_signing_alg_values_supported":["RS256"],
            "refresh_token_expiration_types_supported":["authorization","token_timeout"]}
            """#
        #expect(try metadata().json == JSONParser.parseObject(Array(expected.utf8)))
    }

    @Test("MD-5: with everything on, every member that MCP clients look for is there")
    func maximal() throws {
        let json = try complete().json
        let endpoints = [
            "authorization_endpoint": "/oauth/authorize", "token_endpoint": "/oauth/token",
            "registration_endpoint": "/oauth/register", "revocation_endpoint": "/oauth/revoke",
            "introspection_endpoint": "/oauth/introspect", "userinfo_endpoint": "/oauth/userinfo",
            "jwks_uri": "/.well-known/jwks.json",
        ]
        for (name, path) in endpoints {
            #expect(json[name] == .string("https://auth.example.com" + path))
        }
        #expect(json["client_id_metadata_document_supported"] == true)
        #expect(json["authorization_response_iss_parameter_supported"] == true)
        #expect(json["code_challenge_methods_supported"] == ["S256"])
        #expect(json["token_endpoint_auth_signing_alg_values_supported"] == ["ES256", "RS256"])
        #expect(json["dpop_signing_alg_values_supported"] == ["ES256", "EdDSA"])
        // Claude takes metadata documents only when `none` is on offer too.
        #expect(json["token_endpoint_auth_methods_supported"]?.arrayValue?.first == "none")
        // OpenID Connect Discovery 1.0 §3: RS256 must be included.
        #expect(json["id_token_signing_alg_values_supported"]?.arrayValue?.contains("RS256") == true)
    }

    @Test("D-48: introspection offers no method to public clients, revocation does")
    func introspectionMethods() throws {
        let json = try complete().json
        let secrets: JSONValue = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
        #expect(json["introspection_endpoint_auth_methods_supported"] == secrets)
        #expect(json["revocation_endpoint_auth_methods_supported"]?.arrayValue?.first == "none")
    }

    @Test(
        "MD-7: a feature that is off leaves no trace",
        arguments: [
            "registration", "revocation", "introspection", "userinfo", "client_id_metadata", "signing_alg_values",
        ]
    )
    func featuresOff(feature: String) throws {
        let traces = try metadata().json.names.filter { $0.contains(feature) && !$0.hasPrefix("id_token") }
        #expect(traces.isEmpty)
        #expect(try complete().json.names.contains { $0.contains(feature) })
    }

    @Test("MD-7: no member is null, empty or repeated")
    func noNulls() throws {
        for json in [try metadata().json, try complete().json] {
            let text = String(decoding: json.serialized(), as: UTF8.self)
            #expect(!text.contains("null") && !text.contains(#""""#) && !text.contains("[]"))
            #expect(Set(json.names).count == json.count)
            #expect(try JSONParser.parseObject(json.serialized()) == json)
        }
    }

    @Test("never: implicit, password, plain PKCE, fragment")
    func neverAdvertised() throws {
        let text = String(decoding: try complete().json.serialized(), as: UTF8.self)
        for word in ["\"token\"", "id_token\"", "implicit", "\"password\"", "plain", "fragment", "form_post", "HS256"] {
            #expect(!text.contains(word))
        }
    }

    @Test(
        "MD-2: the document is served at every form that clients try",
        arguments: [
            (
                "https://auth.example.com",
                ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]
            ),
            (
                "https://auth.example.com/t1",
                [
                    "/.well-known/oauth-authorization-server/t1", "/.well-known/openid-configuration/t1",
                    "/t1/.well-known/openid-configuration", "/t1/.well-known/oauth-authorization-server",
                ]
            ),
        ]
    )
    func documentPaths(issuer: String, paths: [String]) throws {
        #expect(Set(try metadata(issuer).documentPaths) == Set(paths))
        #expect(try metadata(issuer).documentPaths.count == paths.count)
    }

    @Test("MD-2, MD-3: an issuer with a path has its endpoints below it")
    func issuerWithPath() throws {
        let json = try complete("https://auth.example.com/t1").json
        #expect(json["issuer"] == "https://auth.example.com/t1")
        #expect(json["token_endpoint"] == "https://auth.example.com/t1/oauth/token")
        #expect(json["jwks_uri"] == "https://auth.example.com/t1/.well-known/jwks.json")
    }
}
