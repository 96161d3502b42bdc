import OAuthProtocol
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("Field trials: what providers say of scopes")
struct ScopeTrialTests {
    let service = ScriptedService()

    private static let gitHub = "https://github.com/login/oauth/access_token"

    private func gitHubApp() throws -> UpstreamProvider {
        service.transport.replace(
            Self.gitHub,
            ScriptedTransport.json([
                "access_token": "ghu_1", "expires_in": 28_800, "refresh_token": "ghr_1", "scope": "",
                "token_type": "bearer",
            ])
        )
        service.transport.replace("https://api.github.com/user", ScriptedTransport.json(["id": 583_231]))
        service.transport.replace("https://api.github.com/user/emails", ScriptedTransport.status(403))
        return try service.client(ScriptedService.configuration(preset: .githubApp, scopes: nil))
    }

    @Test("P-1: a GitHub App's answers name no scope, and none is missing")
    func permissions() async throws {
        let client = try gitHubApp()
        #expect(client.requestedScopes.isEmpty)
        #expect(try await client.authorizationParameters().values("scope").isEmpty)
        let login = try await client.login(nonce: nil)
        #expect(login.scopes.isEmpty && login.subject == "583231" && login.refreshToken == "ghr_1")
        #expect(client.missingScopes(ScopeSet(["repo", "read:user"]), granted: login.scopes).isEmpty)
        let refreshed = try await client.refresh(refreshToken: "ghr_1", scopes: login.scopes)
        #expect(refreshed.scopes?.isEmpty == true)
    }

    @Test(
        "P-1: with scope_semantics: none an answer's scopes mean nothing, whatever they are",
        arguments: [JSONValue.string(""), "something else", [], .null]
    )
    func semantics(scope: JSONValue) async throws {
        let client = try service.client { $0.scopeSemantics = .permissions }
        service.answer(["access_token": "at", "scope": scope])
        let login = try await client.login(nonce: nil)
        #expect(login.scopes.isEmpty)
        #expect(client.missingScopes(ScopeSet(["read"]), granted: login.scopes).isEmpty)
        // Without the key the same answer is what the user granted.
        let strict = try service.client()
        let granted = try await strict.login(nonce: nil).scopes
        #expect(strict.missingScopes(ScopeSet(["admin"]), granted: granted).text == "admin")
    }

    @Test("P-1: a GitHub App's id with the preset of OAuth Apps is warned about")
    func gitHubHint() throws {
        for (preset, id, isWarned) in [
            (UpstreamPreset.github, "Iv1.abc", true), (.github, "Iv23liabc", true), (.github, "Ov23liabc", false),
            (.githubApp, "Iv1.abc", false), (.github, "0123456789abcdef0123", false),
        ] {
            var configuration = try ScriptedService.configuration(preset: preset, scopes: nil)
            configuration.clientID = id
            #expect(configuration.warnings.contains { $0.key == "preset" } == isWarned, "\(preset.name) \(id)")
        }
    }

    private func refreshedScopes(
        _ preset: UpstreamPreset,
        issuer: String,
        scopes: [String],
        granted: String,
        _ adjust: (inout UpstreamBehaviourOverrides) -> Void = { _ in }
    ) async throws -> Set<String> {
        var document = ScriptedProvider.document
        document["issuer"] = .string(issuer)
        service.transport.replace(issuer + "/.well-known/openid-configuration", ScriptedTransport.json(document))
        service.transport.replace(ScriptedProvider.tokenURL, ScriptedTransport.json(["access_token": "at-2"]))
        let client = try service.client(
            ScriptedService.configuration(preset: preset, issuer: issuer, scopes: scopes, adjust)
        )
        _ = try await client.refresh(refreshToken: "rt-1", scopes: try ScopeSet(parsing: granted))
        let sent = try service.lastForm(ScriptedProvider.tokenURL).values("scope").first
        return Set((sent ?? "").split(separator: " ").map(String.init))
    }

    @Test("P-2: a requested scope that the answer never names stays in refresh requests")
    func unreported() async throws {
        let entra = "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0"
        let sent = try await refreshedScopes(
            .entra,
            issuer: entra,
            scopes: ["openid", "profile", "offline_access", "User.Read"],
            granted: "User.Read Mail.Read"
        )
        #expect(sent == ["User.Read", "Mail.Read", "openid", "profile", "offline_access"])
        // A scope that the login did not request is not added.
        let without = try await refreshedScopes(
            .entra,
            issuer: entra,
            scopes: ["openid", "User.Read"],
            granted: "User.Read"
        )
        #expect(without == ["User.Read", "openid"])
    }

    @Test("P-2: the key works for any provider, with its own names")
    func unreportedByKey() async throws {
        let sent = try await refreshedScopes(
            .oidc,
            issuer: ScriptedProvider.issuer,
            scopes: ["openid", "offline_access", "sliding", "api.read"],
            granted: "api.read"
        ) {
            $0.sendsScopesOnRefresh = true
            $0.unreportedScopes = ["sliding"]
        }
        #expect(sent == ["api.read", "openid", "offline_access", "sliding"])
        let silent = try await refreshedScopes(
            .oidc,
            issuer: ScriptedProvider.issuer,
            scopes: ["openid", "offline_access"],
            granted: "openid"
        )
        #expect(silent.isEmpty)
    }

    @Test("P-2: offline_access is never reported as missing")
    func offlineAccess() throws {
        let client = try service.client()
        #expect(client.missingScopes(ScopeSet(["offline_access", "read"]), granted: ScopeSet(["read"])).isEmpty)
        #expect(client.missingScopes(ScopeSet(["offline_access", "read"]), granted: .empty).text == "read")
    }

    @Test(
        "P-5: granted scopes are read with every separator",
        arguments: [
            (#""read,write""#, "read write"), (#""read, write""#, "read write"), (#""read write""#, "read write"),
            (#""read\twrite\n""#, "read write"), (#"["read", "write"]"#, "read write"),
            (#"["read write"]"#, "read write"), (#""read;write""#, "read write"), (#""read|write""#, "read write"),
            (#""read+write""#, "read write"), (#""read""#, "read"), (#""""#, ""),
            // Without a requested scope beside it, the mark is part of a name.
            (#""user+admin""#, "user+admin"),
        ]
    )
    func separators(scope: String, read: String) async throws {
        let client = try service.client()
        service.answer(["access_token": "at", "scope": try JSONParser.parse(Array(scope.utf8))])
        #expect(try await client.login(nonce: nil).scopes.text == read)
        // Bitbucket's name for it.
        service.answer(["access_token": "at", "scopes": try JSONParser.parse(Array(scope.utf8))])
        #expect(try await client.login(nonce: nil).scopes.text == read)
    }

    @Test("P-5: a requested scope with a comma in it is one scope")
    func commaInScope() async throws {
        let configuration = try ScriptedService.configuration(scopes: ["project:read,write", "user"])
        let client = try service.client(configuration)
        service.answer(["access_token": "at", "scope": "project:read,write user"])
        let login = try await client.login(nonce: nil)
        #expect(login.scopes.tokens == ["project:read,write", "user"])
    }

    @Test(
        "P-6: scopes are separated as the provider wants it, also at a refresh",
        arguments: [
            (ScopeSeparator.comma, "read,write,admin"), (.space, "read write admin"), (.plus, "read+write+admin"),
            (.semicolon, "read;write;admin"), (.bar, "read|write|admin"),
        ]
    )
    func requestSeparator(separator: ScopeSeparator, text: String) async throws {
        let client = try service.client {
            $0.scopeSeparator = separator
            $0.sendsScopesOnRefresh = true
        }
        #expect(try await client.authorizationParameters(scopes: ["admin"]).values("scope") == [text])
        service.answer(["access_token": "at", "scope": .string("read\(separator.rawValue)write")])
        #expect(try await client.login(nonce: nil).scopes.text == "read write")
        _ = try await client.refresh(refreshToken: "rt", scopes: ScopeSet(["read", "write", "admin"]))
        #expect(try service.lastForm().values("scope") == [text])
    }
}
