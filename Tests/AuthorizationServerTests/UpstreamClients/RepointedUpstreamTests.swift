import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("VR-8: tokens of one provider never go to another one to which the operator gives the name and client id")
struct RepointedUpstreamTests {
    /// The same upstream, client id included, at another provider.
    private static func elsewhere(
        _ other: DevelopmentIdentityProvider
    ) -> @Sendable (inout Configuration.Upstream) -> Void {
        { $0.issuer = other.issuer }
    }

    /// Runs the body with one more provider.
    private static func run(
        _ body: (RestartScene, DevelopmentIdentityProvider) async throws -> Void
    ) async throws {
        try await RestartScene.run { scene in
            let other = try DevelopmentIdentityProvider(
                configuration: .init(),
                timeSource: scene.clock,
                random: SystemRandomSource(),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            try await other.start()
            do {
                try await body(scene, other)
            } catch {
                await other.shutdown()
                throw error
            }
            await other.shutdown()
        }
    }

    private static func logIn(
        _ scene: RestartScene,
        _ change: @Sendable (inout Configuration.Upstream) -> Void = { _ in }
    ) async throws -> String {
        var token: String?
        try await scene.serve(change) { server in
            let client = try await OAuthTestClient.registered(at: server)
            token = try await scene.tokens(client, at: server).accessToken
        }
        return try #require(token)
    }

    /// What the resource server of a run gets for a token of an earlier run.
    private static func retrieve(_ token: String, at server: TestServer) async throws -> OAuthTestClient.Answer {
        let client = OAuthTestClient(
            issuer: server.issuer,
            transport: server.transport,
            resource: TestServer.resource
        )
        return try await client.exchange(token)
    }

    /// Leaves the only connection as an earlier version stored it: bound to the client id alone.
    private static func forgetServer(_ server: TestServer, idToken: Bool = true) async throws {
        let vault = server.server.stores.vault
        let connections = await vault.connections(after: nil, limit: 100)
        let connection = try #require(connections.first)
        var tokens = connection.tokens
        if !idToken { tokens.idToken = nil }
        // Another client's in between, so that nothing is carried over.
        for clientID in ["another", "gatehouse"] {
            let stored = try await vault.store(
                ConnectionDraft(
                    userID: connection.userID,
                    upstream: connection.upstream,
                    account: connection.account,
                    accountName: connection.accountName,
                    tokens: tokens,
                    scopes: connection.scopes,
                    accessTokenExpiry: connection.accessTokenExpiry,
                    upstreamClientID: clientID
                ),
                candidate: connection.id,
                now: connection.obtainedAt
            ).outcome
            guard case .stored(let row) = stored else { throw StoreError.unavailable }
            #expect(row.upstreamClientID == clientID && (row.tokens.idToken != nil) == idToken)
        }
    }

    @Test("neither access token nor refresh token goes to the other issuer, also at the end; the first one keeps both")
    func issuer() async throws {
        try await Self.run { scene, other in
            let token = try await Self.logIn(scene)
            try await scene.serve(Self.elsewhere(other)) { server in
                for pause in [0, 2 * 3600] {
                    scene.clock.advance(by: .seconds(pause))
                    let refused = try await Self.retrieve(token, at: server)
                    #expect(refused.error == "interaction_required" && refused["reason"] == "reauth_required")
                    #expect(refused["access_token"] == nil)
                }
            }
            #expect(other.requestCount(on: .token) == 0 && scene.refreshes.isEmpty)
            try await scene.serve({ _ in }) { server in
                let answer = try await Self.retrieve(token, at: server)
                #expect(answer.status == 200 && answer.json["refreshed"] == true)
            }
            try await scene.serve(Self.elsewhere(other)) { server in
                let vault = server.server.stores.vault
                let connections = await vault.connections(after: nil, limit: 100)
                let id = try #require(connections.first?.id)
                let client = OAuthTestClient(
                    issuer: server.issuer,
                    transport: server.transport,
                    resource: TestServer.resource
                )
                let ended = try await client.send(
                    "DELETE",
                    server.managementURL + "/admin/connections/\(id.text)",
                    headerFields: [("authorization", "Bearer " + server.adminToken)]
                )
                #expect(ended.json["provider"] == "not_configured", "\(ended.status) \(ended.body)")
            }
            #expect(other.requestCount(on: .revocation) == 0)
        }
    }

    @Test("without an issuer the token endpoint is what counts")
    func tokenEndpoint() async throws {
        try await Self.run { scene, other in
            let token = try await Self.logIn(scene, ChangedRequirementTests.withoutIDTokens)
            try await scene.serve({
                $0.issuer = other.issuer
                ChangedRequirementTests.withoutIDTokens(&$0)
            }) { server in
                let refused = try await Self.retrieve(token, at: server)
                #expect(refused.error == "interaction_required" && refused["reason"] == "reauth_required")
            }
            #expect(other.requestCount(on: .oauth2Token) == 0)
            try await scene.serve(ChangedRequirementTests.withoutIDTokens) { server in
                let answer = try await Self.retrieve(token, at: server)
                #expect(answer.status == 200)
            }
        }
    }

    @Test("what an earlier version stored is used and refreshed where nothing has changed; a login binds it")
    func unchanged() async throws {
        try await Self.run { scene, _ in
            let token = try await Self.logIn(scene)
            try await scene.serve({ _ in }) { server in
                try await Self.forgetServer(server)
                #expect(try await Self.retrieve(token, at: server).json["refreshed"] == false)
                scene.clock.advance(by: .seconds(2 * 3600))
                let refreshed = try await Self.retrieve(token, at: server)
                #expect(refreshed.status == 200 && refreshed.json["refreshed"] == true)
            }
            #expect(scene.refreshes.count == 1)
            _ = try await Self.logIn(scene)
            try await scene.serve({ _ in }) { server in
                let vault = server.server.stores.vault
                let connections = await vault.connections(after: nil, limit: 100)
                #expect(connections.map(\.upstreamClientID) == ["gatehouse " + scene.provider.issuer])
            }
        }
    }

    @Test("the issuer of the ID token beside it says that it is another provider's")
    func earlierRow() async throws {
        try await Self.run { scene, other in
            let token = try await Self.logIn(scene)
            try await scene.serve({ _ in }) { server in try await Self.forgetServer(server) }
            scene.clock.advance(by: .seconds(2 * 3600))
            try await scene.serve(Self.elsewhere(other)) { server in
                let refused = try await Self.retrieve(token, at: server)
                #expect(refused.error == "interaction_required" && refused["reason"] == "reauth_required")
            }
            #expect(other.requestCount(on: .token) == 0)
            try await scene.serve({ _ in }) { server in
                #expect(try await Self.retrieve(token, at: server).status == 200)
                try await Self.forgetServer(server, idToken: false)
                // Nothing tells that it would be another's.
                #expect(try await Self.retrieve(token, at: server).status == 200)
            }
        }
    }
}
