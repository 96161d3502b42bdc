import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("RFC 7591: the server registers itself at an upstream, and stays that client")
struct UpstreamRegistrationTests {
    private static var provider: DevelopmentIdentityProvider.Configuration {
        var configuration = DevelopmentIdentityProvider.Configuration(clients: .registered([]))
        configuration.allowsRegistration = true
        return configuration
    }

    private static func registers(_ upstream: inout Configuration.Upstream) {
        upstream.clientID = nil
        upstream.clientSecret = nil
        upstream.registration = .init()
    }

    @Test("VR-8: many first logins register once, and after a restart the same registration refreshes")
    func survivesRestart() async throws {
        try await RestartScene.run(Self.provider) { scene in
            var (token, clientID) = ("", "")
            try await scene.serve(Self.registers) { server in
                let client = try await OAuthTestClient.registered(at: server)
                let logins = try await race(4) { try await scene.tokens(client, at: server) }
                token = try logins[0].accessToken
                #expect(logins.allSatisfy { $0.status == 200 })
                #expect(scene.provider.requestCount(on: .registration) == 1)
                let request = try #require(scene.provider.capturedRequests(on: .registration).first)
                let metadata = try JSONParser.parseObject(request.body)
                #expect(metadata["redirect_uris"] == [.string(server.issuer + "/oauth/callback/corp")])
                #expect(metadata["client_name"] == "Gatehouse")
                #expect(metadata["scope"] == "openid profile email offline_access")
                clientID = try #require(try server.auditEvents("upstream.registered").first?["client_id"]?.stringValue)
            }
            scene.clock.advance(by: .seconds(2 * 3600))
            try await scene.serve(Self.registers) { server in
                let client = try await OAuthTestClient.registered(at: server)
                let answer = try await client.exchange(token)
                #expect(answer.status == 200 && answer.json["refreshed"] == true)
                #expect(try await scene.tokens(client, at: server).status == 200)
                #expect(scene.provider.requestCount(on: .registration) == 1)
                #expect(try server.auditEvents("upstream.registered").isEmpty)
                let sent = scene.provider.capturedRequests(on: .authorization).compactMap { $0.parameter("client_id") }
                #expect(!sent.isEmpty && sent.allSatisfy { $0 == clientID })
            }
            #expect(await scene.provider.grantReports().allSatisfy { $0.revocation == nil })
        }
    }

    @Test(
        "a registration endpoint that fails stops no start, is reported, and is asked again after 30 s",
        arguments: [
            Fault.unavailable, .closeConnection, .malformedJSON, .oauthError("invalid_client_metadata"),
            .oauthError("invalid_grant"), .status(403), .omit("client_id"), .omit("client_secret"),
        ]
    )
    func failure(fault: Fault) async throws {
        try await RestartScene.run(Self.provider) { scene in
            scene.provider.script(fault, on: .registration)
            try await scene.serve(Self.registers) { server in
                let client = try await OAuthTestClient.registered(at: server)
                for _ in 0..<2 {
                    let answer = try await scene.authorize(client, at: server)
                    let error = try #require(answer["error"], "\(answer)")
                    #expect(["server_error", "temporarily_unavailable"].contains(error))
                }
                #expect(scene.provider.requestCount(on: .registration) == 1)
                #expect(server.log.all.contains { $0.contains("registration at an upstream failed") })
                scene.clock.advance(by: .seconds(31))
                #expect(try await scene.tokens(client, at: server).status == 200)
                #expect(scene.provider.requestCount(on: .registration) == 2)
            }
        }
    }

    @Test("the registration is tried at the start, before the first user comes")
    func atStart() async throws {
        try await RestartScene.run(Self.provider) { scene in
            try await scene.serve(Self.registers) { server in
                await server.server.performMaintenance()
                #expect(scene.provider.requestCount(on: .registration) == 1)
                await server.server.performMaintenance()
                #expect(scene.provider.requestCount(on: .registration) == 1)
            }
        }
    }

    @Test("fewer scopes keep the registration, more make another one")
    func scopes() async throws {
        try await RestartScene.run(Self.provider) { scene in
            for (scopes, count) in [
                (["openid", "profile", "email"], 1), (["openid", "email"], 1), (["openid", "offline_access"], 2),
            ] {
                try await scene.serve({
                    Self.registers(&$0)
                    $0.scopes = scopes
                }) { server in
                    await server.server.performMaintenance()
                    #expect(scene.provider.requestCount(on: .registration) == count)
                }
            }
        }
    }

    @Test("VR-8: an expired secret makes another registration, and burns no refresh token of the old one")
    func expiredSecret() async throws {
        try await RestartScene.run(Self.provider) { scene in
            let expiry = Int(scene.clock.now().secondsSinceEpoch) + 3600
            scene.provider.script(.replace("client_secret_expires_at", .integer(expiry)), on: .registration)
            try await scene.serve(Self.registers) { server in
                let client = try await OAuthTestClient.registered(at: server)
                let token = try await scene.tokens(client, at: server).accessToken
                scene.clock.advance(by: .seconds(2 * 3600))
                let refused = try await client.exchange(token)
                #expect(refused.isError(400, "interaction_required") && refused["reason"] == "reauth_required")
                #expect(scene.provider.requestCount(on: .registration) == 2)
                #expect(scene.refreshes.isEmpty)
                #expect(try await scene.tokens(client, at: server).status == 200)
                #expect(try await client.exchange(token).status == 200)
            }
        }
    }

    @Test("the initial access token is sent, and neither it nor the secret is logged")
    func secrecy() async throws {
        try await RestartScene.run(Self.provider) { scene in
            try await scene.serve({
                Self.registers(&$0)
                $0.registration?.initialAccessToken = .value(SecretValue("permission-to-register"))
                $0.registration?.clientName = "Example Corp tools"
            }) { server in
                await server.server.performMaintenance()
                let request = try #require(scene.provider.capturedRequests(on: .registration).first)
                #expect(request.field("Authorization") == "Bearer permission-to-register")
                #expect(try JSONParser.parseObject(request.body)["client_name"] == "Example Corp tools")
                let client = try await OAuthTestClient.registered(at: server)
                #expect(try await scene.tokens(client, at: server).status == 200)
                let written = server.log.all + server.auditLog.all
                #expect(!written.contains { $0.contains("permission-to-register") || $0.contains("secret_") })
            }
        }
    }
}
