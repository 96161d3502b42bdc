import ServerConfiguration
import Testing
import UpstreamIdentity

@testable import ServerCommand

@Suite("Field trials: the keys for a provider's behaviour")
struct UpstreamBehaviourTests {
    private static let client = "client_id: c, client_secret: {env: S}"
    private static let oidc = "name: n, type: oidc, issuer: 'https://i.example', \(client)"
    private static let endpoints =
        "authorization_endpoint: 'https://i.example/a', token_endpoint: 'https://i.example/t'"
    private static let oauth2 = "name: n, type: oauth2, \(client), \(endpoints)"
    private static let full = oauth2 + ", userinfo: {endpoint: 'https://i.example/u'}"

    private func upstream(_ yaml: String) throws -> Configuration.Upstream {
        try #require(try decode("issuer: https://a.example\nupstreams: [{\(yaml)}]").upstreams.first)
    }

    @Test("P-1 to P-11: every key arrives")
    func keys() throws {
        let upstream = try upstream(
            Self.full
                + """
                , scope_semantics: none, scope_separator: ',', scope_parameter: user_scope, \
                additional_scopes: {scope: [a, b]}, send_scopes_on_refresh: true, token_request_format: json, \
                basic_encoding: raw, pkce: off, token_types: [magic], refresh_endpoint: 'https://i.example/r', \
                extras: [instance_url, team.id], \
                token_response: {access_token: [data.access_token], expires_at: [data.until]}
                """
        )
        var expected = UpstreamBehaviourOverrides()
        expected.scopeSemantics = .permissions
        expected.scopeSeparator = .comma
        expected.scopeParameter = "user_scope"
        expected.additionalScopes = [UpstreamScopeParameter(name: "scope", scopes: ["a", "b"])]
        expected.sendsScopesOnRefresh = true
        expected.tokenRequestFormat = .json
        expected.basicEncoding = .raw
        expected.proofKey = .off
        expected.tokenTypes = ["magic"]
        expected.extras = ["instance_url", "team.id"]
        expected.tokenResponse = TokenResponseOverrides()
        expected.tokenResponse?.accessToken = ["data.access_token"]
        expected.tokenResponse?.expiresAt = ["data.until"]
        #expect(upstream.behaviour == expected)
        #expect(upstream.endpoints.refresh == "https://i.example/r")
        let oidc = try self.upstream(Self.oidc + ", nonce: off, unreported_scopes: [sliding]")
        #expect(oidc.behaviour.nonce == .off && oidc.behaviour.unreportedScopes == ["sliding"])
    }

    @Test("P-1: the preset of GitHub Apps")
    func gitHubApp() throws {
        #expect(try upstream("name: n, preset: github-app, \(Self.client)").preset == .githubApp)
    }

    @Test("P-19: userinfo by POST with fields and a body; identity from the token answer; none at all")
    func identity() throws {
        let posted = try upstream(
            Self.oauth2
                + """
                , userinfo: {endpoint: 'https://i.example/u?t={access_token}', method: POST, body: '{"query": "{ me }"}', \
                headers: {Notion-Version: '2026-03-11'}, subject: [data.me.id], tenant: [data.team], \
                account_name: [data.me.login]}
                """
        )
        let mapping = try #require(posted.endpoints.userInfo)
        #expect(mapping.method == .post && mapping.body == #"{"query": "{ me }"}"#)
        #expect(mapping.fields == [UpstreamParameter(name: "Notion-Version", value: "2026-03-11")])
        #expect(mapping.paths.subject == ["data.me.id"] && mapping.paths.tenant == ["data.team"])
        #expect(mapping.paths.accountName == ["data.me.login"] && mapping.paths.name == ["name"])
        let token = try upstream(Self.oauth2 + ", identity_from_token: {subject: [owner.id]}")
        #expect(token.behaviour.identityFromToken?.subject == ["owner.id"])
        #expect(try upstream(Self.oauth2 + ", identity: none").behaviour.identity == .absent)
    }

    @Test("P-20: a preset's userinfo may be changed in parts")
    func parts() throws {
        let upstream = try upstream(
            """
            name: n, preset: github, \(Self.client), \(Self.endpoints), userinfo: {endpoint: 'https://i.example/u'}, \
            revocation_endpoint: 'https://i.example/applications/{client_id}/token'
            """
        )
        #expect(upstream.endpoints.revocation?.contains("{client_id}") == true)
        #expect(upstream.endpoints.userInfo == nil)
        #expect(upstream.endpoints.userInfoParts?.endpoint == "https://i.example/u")
        #expect(upstream.endpoints.userInfoParts?.subject == nil)
        #expect(try self.upstream("name: n, preset: github, \(Self.client), userinfo: {name: [login]}").name == "n")
    }

    @Test("P-21: the reference says what type: oidc asks for")
    func reference() {
        let row = ConfigurationReference.page.split(separator: "\n").first { $0.contains("`upstreams[].scopes`") }
        for scope in UpstreamPreset.oidc.scopes { #expect(row?.contains("`\(scope)`") == true) }
    }

    @Test("Keys that exclude each other are refused with the key's name", arguments: refused)
    func refusal(refusal: Refusal) {
        let lines = refusals("issuer: https://a.example\nupstreams: [{\(refusal.yaml)}]")
        #expect(lines == [refusal.line + " (line 2)"])
    }

    private static let refused = [
        Refusal(
            oidc + ", scope_semantics: xyzzy",
            "upstreams[0].scope_semantics: xyzzy is not one of granted, none"
        ),
        Refusal(
            full + ", scope_semantics: none, unreported_scopes: [a]",
            "upstreams[0].unreported_scopes: has no meaning with scope_semantics: none"
        ),
        Refusal(
            full + ", scope_separator: ',', scopes: ['a,b']",
            "upstreams[0].scope_separator: is part of the scope a,b"
        ),
        Refusal(
            full + ", scope_separator: tabulator",
            "upstreams[0].scope_separator: tabulator is not one of  , ,, +, ;, |"
        ),
        Refusal(
            full + ", additional_scopes: {scope: [a]}",
            "upstreams[0].additional_scopes: names scope, which carries scopes"
        ),
        Refusal(
            full + ", additional_scopes: {state: [a]}",
            "upstreams[0].additional_scopes.state: carries no scopes; use scope or user_scope"
        ),
        Refusal(
            full + ", token_request_format: protobuf",
            "upstreams[0].token_request_format: protobuf is not one of form, json"
        ),
        Refusal(
            full + ", basic_encoding: raw, token_endpoint_auth_method: client_secret_post",
            "upstreams[0].basic_encoding: is only for token_endpoint_auth_method: client_secret_basic"
        ),
        Refusal(
            "name: n, type: oauth2, client_id: 'a:b', client_secret: {env: S}, \(endpoints), "
                + "userinfo: {endpoint: 'https://i.example/u'}, basic_encoding: raw",
            "upstreams[0].basic_encoding: raw cannot be used with a client_id that has a colon"
        ),
        Refusal(
            "name: n, type: oidc, issuer: 'https://i.example', client_id: c, token_endpoint_auth_method: none, pkce: off",
            "upstreams[0].pkce: off requires a client that authenticates, not token_endpoint_auth_method: none"
        ),
        Refusal(
            "name: n, type: oidc, issuer: 'https://i.example', registration: {}, pkce: off",
            "upstreams[0].pkce: off must not be used together with registration, which may yield a public client"
        ),
        Refusal(full + ", nonce: off", "upstreams[0].nonce: is only for OpenID Connect"),
        Refusal(
            full + ", token_types: [DPoP]",
            "upstreams[0].token_types[0]: DPoP tokens need a proof that this server does not make"
        ),
        Refusal(
            full + ", refresh_endpoint: 'http://i.example/r'",
            "upstreams[0].refresh_endpoint: must be https; for development set allow_insecure_http: true"
        ),
        Refusal(full + ", extras: [refresh_token]", "upstreams[0].extras[0]: refresh_token must not leave the vault"),
        Refusal(
            full + ", extras: [bot.access_token]",
            "upstreams[0].extras[0]: bot.access_token must not leave the vault"
        ),
        Refusal(
            full + ", extras: ['two words']",
            "upstreams[0].extras[0]: must be printable ASCII without spaces, at most 128 characters"
        ),
        Refusal(
            full + ", token_response: {access_token: []}",
            "upstreams[0].token_response.access_token: must name at least one field"
        ),
        Refusal(
            oauth2 + ", userinfo: {subject: [id]}",
            "upstreams[0].userinfo.endpoint: is required"
        ),
        Refusal(
            oauth2 + ", userinfo: {endpoint: 'https://i.example/u', body: x}",
            "upstreams[0].userinfo.body: needs method: POST"
        ),
        Refusal(
            oauth2 + ", userinfo: {endpoint: 'https://{access_token}.example/u'}",
            "upstreams[0].userinfo.endpoint: must have {access_token} in its path or query"
        ),
        Refusal(
            oauth2 + ", userinfo: {endpoint: 'https://i.example/u', headers: {Host: x}}",
            "upstreams[0].userinfo.headers.Host: is set by the server and cannot be configured"
        ),
        Refusal(
            oauth2 + ", userinfo: {endpoint: 'https://i.example/u', headers: {'a b': x}}",
            "upstreams[0].userinfo.headers.a b: is not the name of a header field"
        ),
        Refusal(
            full + ", identity_from_token: {subject: [id]}",
            "upstreams[0].identity_from_token: must not be used together with userinfo"
        ),
        Refusal(oauth2 + ", identity_from_token: {}", "upstreams[0].identity_from_token.subject: is required"),
        Refusal(full + ", identity: none", "upstreams[0].userinfo: contradicts identity: none"),
        Refusal(
            oidc + ", identity: none",
            "upstreams[0].identity: is only for OAuth 2.0; with OpenID Connect the ID token tells who the user is"
        ),
        Refusal(
            "name: n, preset: okta, issuer: 'https://i.example', \(client), userinfo: {endpoint: 'https://i.example/u'}",
            "upstreams[0].userinfo: is only for OAuth 2.0; with OpenID Connect it is discovered from the issuer"
        ),
        Refusal(
            "name: n, preset: github, \(client), \(endpoints)",
            "upstreams[0].userinfo.endpoint: is required; the tokens of another site must not be sent to api.github.com"
        ),
        Refusal(
            "name: n, preset: github, \(client), \(endpoints), userinfo: {name: [login]}",
            "upstreams[0].userinfo.endpoint: is required; the tokens of another site must not be sent to api.github.com"
        ),
    ]

    @Test("P-19: the first upstream of a resource identifies the user", arguments: ["upstreams: [n], ", ""])
    func firstLeg(upstreams: String) {
        let lines = refusals(
            """
            issuer: https://a.example
            upstreams: [{\(Self.oauth2), identity: none}]
            resources: [{\(upstreams)uri: 'https://m.example/mcp'}]
            """
        )
        let words = "n has identity: none; first an upstream is needed that tells who the user is"
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("resources[0].upstreams: ") == true && lines.first?.contains(words) == true)
    }

    @Test("P-10: forwarded fields must be the upstream's, each in a header field of its own", arguments: forwarded)
    func forwardedFields(refusal: Refusal) {
        let lines = refusals(
            """
            issuer: https://a.example
            forward_auth: {secret: {env: P}}
            upstreams: [{\(Self.full), extras: [instance_url, site]}]
            resources: [{uri: 'https://m.example/mcp', upstreams: [n], forward_auth: {upstream: n, fields: {\(refusal.yaml)}}}]
            """
        )
        #expect(lines == (refusal.line.isEmpty ? [] : [refusal.line + " (line 4)"]))
    }

    private static let forwarded = [
        Refusal("instance_url: X-Instance-Url, site: Site", ""),
        Refusal("other: X-Other", "resources[0].forward_auth.fields.other: is not one of the upstream's extras"),
        Refusal(
            "instance_url: Authorization",
            "resources[0].forward_auth.fields.instance_url: "
                + "Authorization has a meaning of its own and cannot carry a field"
        ),
        Refusal(
            "instance_url: X-Auth-Subject",
            "resources[0].forward_auth.fields.instance_url: "
                + "X-Auth-Subject has a meaning of its own and cannot carry a field"
        ),
        Refusal(
            "instance_url: 'a:b'",
            "resources[0].forward_auth.fields.instance_url: a:b is not the name of a header field"
        ),
        Refusal(
            "instance_url: X-Site, site: x-site",
            "resources[0].forward_auth.fields: names a header field twice"
        ),
    ]
}
