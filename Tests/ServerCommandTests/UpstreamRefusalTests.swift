import Testing

@testable import ServerCommand

@Suite("Upstreams, resources and clients are refused with the key's name")
struct UpstreamRefusalTests {
    @Test("for an upstream", arguments: upstreams)
    func upstream(refusal: Refusal) {
        let lines = refusals("issuer: https://a.example\nupstreams: [{\(refusal.yaml)}]")
        #expect(lines == [refusal.line + " (line 2)"])
    }

    private static let oidc = "type: oidc, issuer: 'https://i.example', client_id: c, client_secret: {env: S}"
    private static let bare = "type: oidc, issuer: 'https://i.example'"
    private static let oauth2 =
        "name: n, type: oauth2, client_id: c, client_secret: {env: S}, authorization_endpoint: 'https://i.example/a'"

    private static let upstreams = [
        Refusal(oidc, "upstreams[0].name: is required"),
        Refusal(
            "name: Corp, " + oidc,
            "upstreams[0].name: Corp is not a name: lower-case letters, digits and inner hyphens, at most 63"
        ),
        Refusal(
            "name: corp-, " + oidc,
            "upstreams[0].name: corp- is not a name: lower-case letters, digits and inner hyphens, at most 63"
        ),
        Refusal(
            "name: n, client_id: c, client_secret: {env: S}",
            """
            upstreams[0]: needs a preset, or a type: oidc, oauth2, mcp, static, chained, client_credentials or \
            github_installation
            """
        ),
        Refusal("name: n, preset: github, " + oidc, "upstreams[0].type: preset and type must not be used together"),
        Refusal(
            "name: n, preset: gitbub, client_id: c, client_secret: {env: S}",
            "upstreams[0].preset: gitbub is not one of oidc, oauth2, github, github-app, google, atlassian, entra, "
                + "okta, gitlab, slack, slack-bot, auth0, keycloak, apple, asana, authentik, bitbucket, box, cognito, "
                + "discord, dropbox, figma, hubspot, huggingface, linear, linkedin, notion, salesforce, spotify, x, zitadel, "
                + "zoom; did you mean github?"
        ),
        Refusal(
            "name: n, claims: {groups: sub}, " + oidc,
            "upstreams[0].claims.groups: sub is set by the server and cannot be mapped"
        ),
        Refusal(
            "name: n, claims: {groups: cnf}, " + oidc,
            "upstreams[0].claims.groups: cnf is set by the server and cannot be mapped"
        ),
        Refusal(
            "name: n, claims: {groups: groups, roles: groups}, " + oidc,
            "upstreams[0].claims.roles: groups is mapped twice"
        ),
        Refusal(
            "name: n, claims: {groups: 'two words'}, " + oidc,
            "upstreams[0].claims.groups: two words is not the name of a claim: "
                + "at most 128 printable characters without quotes"
        ),
        Refusal(
            "name: n, type: oidc, client_id: c, client_secret: {env: S}",
            "upstreams[0].issuer: is required"
        ),
        Refusal(
            "name: n, type: oidc, issuer: 'http://i.example', client_id: c, client_secret: {env: S}",
            "upstreams[0].issuer: must be https; for development set allow_insecure_http: true"
        ),
        Refusal(
            "name: n, token_endpoint: 'https://i.example/t', " + oidc,
            "upstreams[0].token_endpoint: is only for type: oauth2; with oidc it is discovered from the issuer"
        ),
        Refusal(
            oauth2 + ", token_endpoint: 'http://i.example/t', userinfo: {endpoint: 'https://i.example/u'}",
            "upstreams[0].token_endpoint: must be https; for development set allow_insecure_http: true"
        ),
        Refusal(
            oauth2 + ", token_endpoint: 'https://i.example/t'",
            "upstreams[0].userinfo: is required"
        ),
        Refusal(
            oauth2
                + ", token_endpoint: 'https://i.example/t', userinfo: {endpoint: 'https://i.example/u', subject: []}",
            "upstreams[0].userinfo.subject: must name at least one field"
        ),
        Refusal(
            "name: n, type: oidc, issuer: 'https://i.example', client_id: c",
            "upstreams[0].client_secret: is required; a public client needs token_endpoint_auth_method: none"
        ),
        Refusal(
            "name: n, token_endpoint_auth_method: none, " + oidc,
            "upstreams[0].client_secret: contradicts token_endpoint_auth_method: none"
        ),
        Refusal(
            "name: n, token_endpoint_auth_method: private_key_jwt, " + bare + ", client_id: c",
            "upstreams[0].private_key: is required; private_key_jwt needs it"
        ),
        Refusal(
            "name: n, private_key: {file: k}, " + oidc,
            "upstreams[0].client_secret: contradicts private_key_jwt"
        ),
        Refusal(
            "name: n, private_key: {file: k}, token_endpoint_auth_method: client_secret_post, " + oidc,
            "upstreams[0].private_key: is only for token_endpoint_auth_method: private_key_jwt"
        ),
        Refusal("name: n, private_key_id: k, " + oidc, "upstreams[0].private_key_id: needs private_key"),
        Refusal(
            "name: n, private_key: {file: k}, private_key_algorithm: HS256, client_id: c, " + bare,
            "upstreams[0].private_key_algorithm: HS256 is not one of ES256, EdDSA, RS256, PS256; did you mean ES256?"
        ),
        Refusal(
            "name: n, private_key: k.pem, client_id: c, " + bare,
            "upstreams[0].private_key: "
                + "secrets must not be written in the configuration; use {file: PATH} or {env: VARIABLE}"
        ),
        Refusal("name: n, " + bare, "upstreams[0].client_id: is required"),
        Refusal(
            "name: n, registration: {}, client_id: c, " + bare,
            "upstreams[0].client_id: must not be used together with registration, which obtains one"
        ),
        Refusal(
            "name: n, registration: {}, client_secret: {env: S}, " + bare,
            "upstreams[0].client_secret: must not be used together with registration, which determines it"
        ),
        Refusal(
            "name: n, registration: {}, token_endpoint_auth_method: none, " + bare,
            "upstreams[0].token_endpoint_auth_method: must not be used together with registration, which determines it"
        ),
        Refusal(
            "name: n, registration: {endpoint: 'http://i.example/r'}, " + bare,
            "upstreams[0].registration.endpoint: must be https; for development set allow_insecure_http: true"
        ),
        Refusal(
            "name: n, preset: github, registration: {}",
            "upstreams[0].registration.endpoint: is required; this provider has no discovery document that names it"
        ),
        Refusal(
            "name: n, required_claims: {hd: []}, " + oidc,
            "upstreams[0].required_claims.hd: must name at least one value"
        ),
        Refusal(
            "name: n, required_claims: corp.example, " + oidc,
            "upstreams[0].required_claims: must be a map of keys and values"
        ),
        Refusal(
            "name: n, revoke_on_logout: sometimes, " + oidc,
            "upstreams[0].revoke_on_logout: must be true or false, not sometimes"
        ),
    ]

    @Test(
        "for authorization parameters that are the server's to set",
        arguments: [
            "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
            "nonce", "request", "request_uri", "response_mode",
        ]
    )
    func reservedParameter(name: String) {
        let upstream = "{name: n, additional_authorization_parameters: {\(name): x}, \(Self.oidc)}"
        #expect(
            refusals("issuer: https://a.example\nupstreams: [\(upstream)]") == [
                "upstreams[0].additional_authorization_parameters.\(name): is set by the server and cannot be configured"
                    + " (line 2)"
            ]
        )
    }

    @Test("for a resource or client", arguments: others)
    func other(refusal: Refusal) {
        #expect(refusals("issuer: https://a.example\n\(refusal.yaml)") == [refusal.line + " (line 2)"])
    }

    private static let others = [
        Refusal("resources: [{scopes: []}]", "resources[0].uri: is required"),
        Refusal(
            "resources: [{uri: 'https://m.example/mcp', forward_auth: {upstream: x}}]\nforward_auth: {secret: {env: S}}",
            "resources[0].forward_auth.upstream: x is not one of this resource's upstreams"
        ),
        Refusal(
            "resources: [{uri: 'https://m.example/mcp', upstreams: [n], forward_auth: {upstream: n}}]\nupstreams: [{name: n, "
                + oidc + "}]",
            "resources[0].forward_auth: needs forward_auth.secret, which authenticates the proxy"
        ),
        Refusal(
            "resources: [{uri: 'http://m.example/mcp'}]",
            "resources[0].uri: must be https; http is allowed for loopback only"
        ),
        Refusal(
            "resources: [{uri: 'https://m.example/mcp#f'}]",
            "resources[0].uri: must be an absolute URL without fragment or user information"
        ),
        Refusal(
            "resources: [{uri: 'https://m.example/mcp', scopes: ['mcp:read']}]",
            "resources[0].scopes[0]: mcp:read is not one of the server's scopes"
        ),
        Refusal(
            "resources: [{uri: 'https://m.example/mcp', client_id: m}]",
            "resources[0].client_secret: is required; client_id needs it"
        ),
        Refusal(
            "resources: [{uri: 'https://m.example/mcp', client_secret: {env: S}}]",
            "resources[0].client_id: is required; client_secret needs it"
        ),
        Refusal("clients: [{redirect_uris: ['https://c.example/cb']}]", "clients[0].client_id: is required"),
        Refusal(
            "clients: [{client_id: c}]",
            "clients[0].redirect_uris: is required; the authorization_code grant needs at least one"
        ),
        Refusal(
            "clients: [{client_id: c, redirect_uris: ['http://c.example/cb']}]",
            "clients[0].redirect_uris[0]: http is allowed for loopback only; use https"
        ),
        Refusal(
            "clients: [{client_id: c, redirect_uris: ['https://c.example/*']}]",
            "clients[0].redirect_uris[0]: must not have a wildcard"
        ),
        Refusal(
            "clients: [{client_id: c, redirect_uris: ['https://c.example/'], token_endpoint_auth_method: client_secret_post}]",
            "clients[0].client_secret: is required; client_secret_post needs it"
        ),
        Refusal(
            "clients: [{client_id: c, redirect_uris: ['https://c.example/'], token_endpoint_auth_method: private_key_jwt}]",
            "clients[0].jwks_uri: is required; private_key_jwt needs jwks or jwks_uri"
        ),
        Refusal(
            "clients: [{client_id: c, redirect_uris: ['https://c.example/'], token_endpoint_auth_method: none, "
                + "client_secret: {env: S}}]",
            "clients[0].client_secret: contradicts token_endpoint_auth_method"
        ),
        Refusal(
            "clients: [{client_id: c, redirect_uris: ['https://c.example/'], client_secret: {env: S}, "
                + "jwks_uri: 'https://c.example/jwks'}]",
            "clients[0].jwks_uri: is only for token_endpoint_auth_method: private_key_jwt"
        ),
        Refusal(
            "resources: [{uri: 'https://m.example/mcp', client_id: m, client_secret: {env: S}, "
                + "jwks_uri: 'https://m.example/jwks'}]",
            "resources[0].jwks_uri: must not be used together with client_secret"
        ),
        Refusal(
            "resources: [{uri: 'https://m.example/mcp', jwks_uri: 'https://m.example/jwks'}]",
            "resources[0].client_id: is required; jwks_uri needs it"
        ),
        Refusal(
            "clients: [{client_id: c, redirect_uris: ['https://c.example/'], allow_token_endpoint_audience: true}]",
            "clients[0].allow_token_endpoint_audience: is only for token_endpoint_auth_method: private_key_jwt"
        ),
        // D-46: the `sub` of a client that acts for itself must not be a user's.
        Refusal(
            "clients: [{client_id: u_AAAAAAAAAAAAAAAAAAAAAA, grant_types: [client_credentials], client_secret: {env: S}}]",
            "clients[0].client_id: has the form of a user id; choose another id"
        ),
        Refusal(
            "clients: [{client_id: c, grant_types: [client_credentials]}]",
            "clients[0].grant_types: the client_credentials grant needs a client that authenticates; method none does not"
        ),
        Refusal(
            "clients: [{client_id: c, grant_types: [password], client_secret: {env: S}}]",
            "clients[0].grant_types[0]: password is not one of authorization_code, refresh_token, client_credentials, "
                + "urn:ietf:params:oauth:grant-type:jwt-bearer, urn:ietf:params:oauth:grant-type:device_code"
        ),
        Refusal(
            "clients: [{client_id: c, redirect_uris: ['https://c.example/'], jwks: {keys: [{kty: OKP, d: AAAA}]}}]",
            "clients[0].jwks: contains a private key; publish only the public part and replace this key"
        ),
        Refusal(
            "clients: [{client_id: c, redirect_uris: ['https://c.example/'], jwks: {keys: [{kty: oct, k: AAAA}]}}]",
            "clients[0].jwks: has a key whose kty is not EC, OKP or RSA"
        ),
    ]

    @Test("for names that occur twice", arguments: duplicates)
    func duplicate(refusal: Refusal) {
        #expect(refusals("issuer: https://a.example\n\(refusal.yaml)") == [refusal.line + " (line 4)"])
    }

    private static let duplicates = [
        Refusal(
            "upstreams:\n  - {name: n, \(oidc)}\n  - {name: n, \(oidc)}",
            "upstreams[1].name: n is already the value of upstreams[0].name"
        ),
        // FD-6: these two would be one audience.
        Refusal(
            "resources:\n  - uri: https://m.example\n  - uri: https://M.example/",
            "resources[1].uri: https://M.example/ is already the value of resources[0].uri"
        ),
        Refusal(
            "clients:\n  - {client_id: c, redirect_uris: ['https://c.example/']}\n"
                + "  - {client_id: c, redirect_uris: ['https://d.example/']}",
            "clients[1].client_id: c is already the value of clients[0].client_id"
        ),
        Refusal(
            "listen:\n  - address: 127.0.0.1:8080\n  - address: 127.0.0.1:8080",
            "listen[1].address: 127.0.0.1:8080 is already the value of listen[0].address"
        ),
        Refusal(
            "resources:\n  - {uri: 'https://m.example/a', client_id: m, client_secret: {env: A}}\n"
                + "  - {uri: 'https://m.example/b', client_id: m, client_secret: {env: B}}",
            "resources[1].client_id: m is also the value of resources[0].client_id, with a different client_secret"
        ),
    ]
}
