import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing

/// RFC 9470: a resource that demands another, or a more recent, login.
@Suite("OP-5: RFC 9470 in forward authentication")
struct StepUpTests {
    private static func provider(_ contextClass: JSONValue) -> DevelopmentIdentityProvider.Configuration {
        var ada = DevelopmentUser.ada
        ada.additionalClaims = ["acr": contextClass]
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.users = [ada]
        return provider
    }

    private static func ask(_ server: TestServer, _ token: String) async throws -> OAuthTestClient.Answer {
        try await server.visitor.send(
            "GET",
            server.managementURL + "/forward-auth",
            headerFields: [("authorization", "Bearer " + token)]
        )
    }

    @Test("a login that is too old gets the challenge with max_age; one that is recent enough passes")
    func age() async throws {
        try await TestServer.run(configure: { $0.resources[0].loginAgeMax = .seconds(300) }) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let tokens = try await client.tokens(at: server)
            server.clock.advance(by: .seconds(300))
            #expect(try await Self.ask(server, try #require(tokens["access_token"])).status == 200)
            server.clock.advance(by: .seconds(1))
            let refreshed = try await client.refresh(try #require(tokens["refresh_token"]))
            let answer = try await Self.ask(server, try #require(refreshed["access_token"]))
            #expect(answer.status == 401 && answer.error == "insufficient_user_authentication")
            let challenge = try #require(answer.header("www-authenticate"))
            #expect(challenge.hasPrefix("Bearer error=\"insufficient_user_authentication\""))
            #expect(challenge.contains(", max_age=\"300\"") && !challenge.contains("acr_values"))
            #expect(challenge.contains("resource_metadata="))
        }
    }

    @Test(
        "a level that is not among the demanded ones gets the challenge with acr_values",
        arguments: ["urn:pwd", nil]
    )
    func level(said: String?) async throws {
        try await TestServer.run(
            provider: Self.provider(said.map(JSONValue.string) ?? .null),
            configure: { $0.resources[0].authenticationContexts = ["urn:mfa", "urn:hw"] },
            { server in
                let client = try await OAuthTestClient.registered(at: server)
                let token = try #require(try await client.tokens(at: server)["access_token"])
                let answer = try await Self.ask(server, token)
                #expect(answer.status == 401)
                #expect(answer.header("www-authenticate")?.contains(", acr_values=\"urn:mfa urn:hw\"") == true)
                let metadata = try await client.send("GET", "/.well-known/oauth-authorization-server").json
                #expect(metadata["acr_values_supported"] == ["urn:hw", "urn:mfa"])
            }
        )
    }

    @Test("one of the demanded levels passes")
    func enough() async throws {
        try await TestServer.run(
            provider: Self.provider("urn:hw"),
            configure: { $0.resources[0].authenticationContexts = ["urn:mfa", "urn:hw"] },
            { server in
                let client = try await OAuthTestClient.registered(at: server)
                let token = try #require(try await client.tokens(at: server)["access_token"])
                #expect(try await Self.ask(server, token).status == 200)
            }
        )
    }

    @Test("a client that acts for itself has no login, and a resource that demands nothing asks for none")
    func withoutUser() async throws {
        func configure(_ configuration: inout Configuration) {
            var client = Configuration.Client(clientID: "batch")
            client.tokenEndpointAuthMethod = .clientSecretBasic
            client.clientSecret = .value(SecretValue("the-secret-of-the-batch-job"))
            client.grantTypes = [.clientCredentials]
            configuration.clients = [client]
            TestServer.addSecondResource(&configuration)
            configuration.resources[0].loginAgeMax = .seconds(300)
        }
        try await TestServer.run(configure: configure) { server in
            for (resource, status) in [(TestServer.resource, 401), (TestServer.secondResource, 200)] {
                let answer = try await server.visitor.token(
                    [("grant_type", "client_credentials"), ("resource", resource), ("scope", "mcp:read")],
                    authorization: OAuthTestClient.basic("batch", "the-secret-of-the-batch-job")
                )
                let token = try #require(answer["access_token"])
                let query = FormParameters.serialize([("resource", resource)])
                let checked = try await server.visitor.send(
                    "GET",
                    server.managementURL + "/forward-auth?" + query,
                    headerFields: [("authorization", "Bearer " + token)]
                )
                #expect(checked.status == status, "\(resource)")
            }
        }
    }
}
