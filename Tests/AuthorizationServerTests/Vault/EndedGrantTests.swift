import AuthorizationServerTesting
import DevelopmentIdentityProvider
import DurableLog
import OAuthProtocol
import OAuthState
import ServerConfiguration
import SocketHTTP
import Testing

@testable import AuthorizationServer

@Suite("VR-9: a grant that the provider has ended ends ours, once")
struct EndedGrantTests {
    /// Has the provider end what a user granted, and a retrieval find it out.
    private static func end(
        _ provider: DevelopmentIdentityProvider,
        _ upstream: String,
        _ login: OAuthTestClient.Answer,
        _ scene: VaultScene
    ) async throws {
        await provider.revokeGrants(of: "ada")
        scene.clock.advance(by: .seconds(2 * 3600))
        let answer = try await scene.exchange(try login.accessToken, [upstream])
        #expect(answer.isError(400, "interaction_required") && answer["reason"] == "reauth_required")
    }

    private static func run(
        configure: (inout Configuration) -> Void = { _ in },
        _ body: (VaultScene) async throws -> Void
    ) async throws {
        try await VaultScene.run(
            configure: {
                $0.tokens.accessTokenLifetime = .seconds(86_400)
                configure(&$0)
            },
            body
        )
    }

    @Test("the next refresh is invalid_grant and ends the session; a new login works again")
    func endsTheGrant() async throws {
        try await Self.run { scene in
            let login = try await scene.logIn()
            try await Self.end(scene.corp, "corp", login, scene)
            for _ in 0..<2 {
                #expect(try await scene.client.refresh(login.refreshToken).isError(400, "invalid_grant"))
            }
            #expect(try await scene.exchange(login.accessToken, ["files"]).error == "invalid_grant")
            let events = try scene.server.auditEvents("session.ended_upstream")
            #expect(
                events.count == 1 && events.first?["upstream"] == "corp" && events.first?["reason"] == "invalid_grant"
            )
            let again = try await scene.logIn()
            #expect(try await scene.exchange(again.accessToken, ["corp"]).status == 200)
            #expect(try await scene.client.refresh(again.refreshToken).status == 200)
        }
    }

    @Test("a user who logs in again before the refresh keeps the session")
    func mendedInTime() async throws {
        try await Self.run { scene in
            let login = try await scene.logIn()
            try await Self.end(scene.files, "files", login, scene)
            // Another login of the same user replaces the tokens of the same connection.
            _ = try await scene.logIn()
            #expect(try await scene.client.refresh(login.refreshToken).status == 200)
            #expect(try await scene.exchange(login.accessToken, ["files"]).status == 200)
        }
    }

    @Test("another client that presents the token ends nothing (D-29)")
    func foreignClient() async throws {
        try await Self.run { scene in
            let login = try await scene.logIn()
            try await Self.end(scene.corp, "corp", login, scene)
            let stranger = try await OAuthTestClient.registered(at: scene.server)
            #expect(try await stranger.refresh(login.refreshToken).error == "invalid_grant")
            #expect(try await scene.exchange(login.accessToken, ["files"]).status == 200)
            #expect(try scene.server.auditEvents("session.ended_upstream").isEmpty)
        }
    }

    @Test("a user who mends the connection before the refresh keeps the session")
    func mendedBefore() async throws {
        try await Self.run { scene in
            let login = try await scene.logIn()
            try await Self.end(scene.corp, "corp", login, scene)
            _ = try await scene.logIn()
            #expect(try await scene.client.refresh(login.refreshToken).status == 200)
        }
    }

    @Test("a provider that the login does not need ends nothing")
    func optionalProvider() async throws {
        try await Self.run(configure: { $0.upstreams[1].isOptional = true }) { scene in
            let login = try await scene.logIn()
            try await Self.end(scene.files, "files", login, scene)
            #expect(try await scene.client.refresh(login.refreshToken).status == 200)
        }
    }

    @Test(
        "429, 5xx, a timeout and invalid_client end nothing",
        arguments: [
            Fault.unavailable, .tooManyRequests(retryAfter: 5), .closeConnection, .invalidClient, .malformedJSON,
        ]
    )
    func trouble(fault: Fault) async throws {
        try await Self.run { scene in
            let login = try await scene.logIn()
            scene.clock.advance(by: .seconds(2 * 3600))
            scene.corp.script(fault, on: .token)
            #expect(try await scene.exchange(login.accessToken, ["corp"]).status != 200)
            #expect(try await scene.client.refresh(login.refreshToken).status == 200)
            #expect(try await scene.exchange(login.accessToken, ["corp"]).status == 200)
        }
    }
}
