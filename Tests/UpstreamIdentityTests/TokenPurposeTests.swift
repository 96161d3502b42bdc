import Logging
import OAuthProtocol
import Testing

@testable import UpstreamIdentity

@Suite("VR-8, RFC 8707: what is stored for one server is not returned for another one of the same name")
struct TokenPurposeTests {
    private static let issuer = "https://login.tools.example/tenant"
    private static let url = "https://mcp.tools.example/v1/mcp"

    private static func provider(
        _ preset: UpstreamPreset,
        server: ProtectedServer? = nil,
        credential: EnteredCredential? = nil
    ) throws -> UpstreamProvider {
        try UpstreamProvider(
            configuration: UpstreamConfiguration(
                name: "tools",
                preset: preset,
                issuer: server == nil ? nil : issuer,
                clientID: server == nil ? nil : "ours",
                callbackURL: "https://auth.example.com/oauth/callback/tools",
                credential: credential,
                server: server
            ),
            transport: ScriptedTransport(),
            timeSource: ManualTime(),
            random: CountingRandom(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private static func server(_ url: String, resource: String? = nil) -> ProtectedServer {
        var server = ProtectedServer(url: url)
        server.resource = resource
        return server
    }

    @Test("an MCP server with another URL and the same authorization server gets no token of the one before")
    func protectedServer() async throws {
        let provider = try Self.provider(.mcp, server: Self.server(Self.url))
        let binding = try #require(provider.clientBinding)
        #expect(binding == "ours \(Self.issuer) \(Self.url)")
        let own = try await provider.accepts(tokensOf: binding)
        // The same authorization server has replaced our registration.
        let earlier = try await provider.accepts(tokensOf: "before \(Self.issuer) \(Self.url)")
        #expect(own && earlier)
        for other in [
            "ours \(Self.issuer)", "ours", "", "ours \(Self.issuer) \(Self.url)/",
            "ours \(Self.issuer) https://a.example",
            "ours https://login.other.example \(Self.url)", "ours \(Self.issuer)\(Self.url)",
        ] {
            let isAccepted = try await provider.accepts(tokensOf: other)
            #expect(!isAccepted, "\(other)")
        }
        let moved = try Self.provider(.mcp, server: Self.server("https://mcp.other.example/mcp"))
        #expect(moved.clientBinding != binding)
        let isAcceptedElsewhere = try await moved.accepts(tokensOf: binding)
        #expect(!isAcceptedElsewhere)
    }

    @Test("the identifier counts, not the address: a server that moves under its identifier keeps its tokens")
    func identifier() async throws {
        let before = try Self.provider(.mcp, server: Self.server("https://old.example/mcp", resource: Self.url))
        let after = try Self.provider(.mcp, server: Self.server("https://new.example/mcp", resource: Self.url))
        #expect(before.clientBinding == after.clientBinding)
        let isAccepted = try await after.accepts(tokensOf: try #require(before.clientBinding))
        #expect(isAccepted)
    }

    @Test("an entered key is for the origin of the configured API; what was stored without one is not refused")
    func entered() async throws {
        func provider(_ api: String?) throws -> UpstreamProvider {
            var credential = EnteredCredential()
            var field = EnteredCredential.Field()
            field.name = "key"
            credential.fields = [field]
            credential.api = api
            return try Self.provider(.entered, credential: credential)
        }
        let first = try provider("https://API.weather.example/v1")
        #expect(first.enteredBinding == "static https://api.weather.example")
        #expect(try provider(nil).enteredBinding == "static")
        for (stored, isAccepted) in [
            ("static https://api.weather.example", true), ("static", true), ("static https://api.other.example", false),
            ("static http://api.weather.example", false), ("static https://api.weather.example:8443", false),
        ] {
            let found = try await first.accepts(tokensOf: stored)
            #expect(found == isAccepted, "\(stored)")
        }
        let without = try await provider(nil).accepts(tokensOf: "static https://api.weather.example")
        #expect(!without)
    }

    @Test(
        "elsewhere the issuer, or the token endpoint, counts; a client id alone is from before, and its ID token decides"
    )
    func other() async throws {
        let scripted = try ScriptedProvider()
        let (provider, client) = (try scripted.client(), ScriptedProvider.clientID)
        let present = "\(client) \(ScriptedProvider.issuer)"
        #expect(provider.clientBinding == present)
        for (stored, isAccepted, isIssued) in [
            (present, true, true), (client, true, true), ("before \(ScriptedProvider.issuer)", true, false),
            ("before", true, false), ("\(client) https://login.other.example", false, false),
            ("\(present)/", false, false), ("\(client) https://a.example \(ScriptedProvider.issuer)", false, false),
        ] {
            let found = try await provider.accepts(tokensOf: stored)
            let known = try #require(provider.knownClient)
            #expect(found == isAccepted && known.issued(tokensOf: stored) == isIssued, "\(stored)")
        }
        // An ID token that was verified when it was stored.
        for (issuer, isAccepted) in [(ScriptedProvider.issuer, true), ("https://login.other.example", false)] {
            let idToken = try scripted.key.sign(
                type: "JWT",
                payload: (["iss": .string(issuer), "sub": "user-17"] as JSONObject).serialized()
            )
            let found = try await provider.accepts(tokensOf: client, idToken: idToken)
            #expect(found == isAccepted, "\(issuer)")
            let bound = try await provider.accepts(tokensOf: present, idToken: idToken)
            #expect(bound)
        }
        let gitHub = try UpstreamConfiguration(
            name: "hub",
            preset: try #require(UpstreamPreset.named("github")),
            clientID: "ours",
            clientSecret: UpstreamClientSecret("secret"),
            callbackURL: "https://auth.example.com/oauth/callback/hub"
        )
        #expect(gitHub.configuredClient?.binding == "ours https://github.com/login/oauth/access_token")
    }
}
