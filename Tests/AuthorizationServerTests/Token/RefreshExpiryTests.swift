import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

/// draft-ietf-oauth-refresh-token-expiration, and lifetimes that a client has of its own.
@Suite("Refresh expiry and lifetimes of clients")
struct RefreshExpiryTests {
    private static func configured(_ adjust: (inout Configuration.Client.Lifetimes) -> Void) -> Configuration.Client {
        var client = Configuration.Client(clientID: "short")
        client.redirectURIs = ["http://127.0.0.1/callback"]
        adjust(&client.lifetimes)
        return client
    }

    private static func client(at server: TestServer) -> OAuthTestClient {
        var client = OAuthTestClient(
            issuer: server.issuer,
            transport: server.transport,
            resource: TestServer.resource
        )
        client.id = "short"
        client.redirectURI = "http://127.0.0.1:51004/callback"
        return client
    }

    @Test("the answer says how long the refresh token can stay unused, and when the session ends")
    func lifetimes() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let first = try await client.tokens(at: server)
            #expect(first.integer("refresh_token_timeout") == 7 * 86_400)
            #expect(first.integer("authorization_expires_in") == 30 * 86_400)
            server.clock.advance(by: .seconds(86_400))
            let second = try await client.refresh(try #require(first["refresh_token"]))
            #expect(second.integer("refresh_token_timeout") == 7 * 86_400)
            #expect(second.integer("authorization_expires_in") == 29 * 86_400)
            // Never beyond the end of the session.
            var token = try #require(second["refresh_token"])
            for _ in 0..<4 {
                server.clock.advance(by: .seconds(6 * 86_400))
                token = try #require(try await client.refresh(token)["refresh_token"])
            }
            server.clock.advance(by: .seconds(86_400))
            let last = try await client.refresh(token)
            #expect(last.integer("refresh_token_timeout") == last.integer("authorization_expires_in"))
            #expect(last.integer("authorization_expires_in") == 4 * 86_400)
            let metadata = try await client.send("GET", "/.well-known/oauth-authorization-server").json
            #expect(metadata["refresh_token_expiration_types_supported"] == ["authorization", "token_timeout"])
        }
    }

    @Test("a session without a refresh token says neither")
    func withoutRefreshToken() async throws {
        try await TestServer.run(configure: { configuration in
            var client = Self.configured { _ in }
            client.grantTypes = [.authorizationCode]
            configuration.clients = [client]
        }) { server in
            var client = Self.client(at: server)
            client.scope = "mcp:read"
            let answer = try await client.tokens(at: server)
            #expect(answer.status == 200 && answer["refresh_token"] == nil)
            #expect(answer.json["refresh_token_timeout"] == nil && answer.json["authorization_expires_in"] == nil)
        }
    }

    @Test("a client's own lifetimes count, over refreshes too, and no other client's")
    func ownLifetimes() async throws {
        try await TestServer.run(configure: { configuration in
            configuration.clients = [
                Self.configured { lifetimes in
                    lifetimes.accessToken = .seconds(300)
                    lifetimes.refreshToken = .seconds(3600)
                    lifetimes.session = .seconds(7200)
                }
            ]
        }) { server in
            let client = Self.client(at: server)
            let first = try await client.tokens(at: server)
            #expect(first.integer("expires_in") == 300 && first.integer("refresh_token_timeout") == 3600)
            #expect(first.integer("authorization_expires_in") == 7200)
            server.clock.advance(by: .seconds(3599))
            let second = try await client.refresh(try #require(first["refresh_token"]))
            #expect(second.integer("expires_in") == 300 && second.integer("refresh_token_timeout") == 3600)
            server.clock.advance(by: .seconds(3590))
            let third = try await client.refresh(try #require(second["refresh_token"]))
            #expect(third.integer("expires_in") == 11 && third.integer("authorization_expires_in") == 11)
            server.clock.advance(by: .seconds(11))
            #expect(try await client.refresh(try #require(third["refresh_token"])).error == "invalid_grant")
            let other = try await OAuthTestClient.registered(at: server)
            #expect(try await other.tokens(at: server).integer("expires_in") == 3600)
        }
    }

    @Test("FD-1: an unused refresh token of such a client ends after the client's time")
    func idle() async throws {
        try await TestServer.run(configure: { configuration in
            configuration.clients = [Self.configured { $0.refreshToken = .seconds(3600) }]
        }) { server in
            let client = Self.client(at: server)
            let tokens = try await client.tokens(at: server)
            server.clock.advance(by: .seconds(3600))
            #expect(try await client.refresh(try #require(tokens["refresh_token"])).error == "invalid_grant")
        }
    }
}
