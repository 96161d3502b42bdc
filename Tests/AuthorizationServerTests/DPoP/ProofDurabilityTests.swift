import AuthorizationServer
import AuthorizationServerTesting
import DurableLog
import Foundation
import Logging
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("RFC 9449 §11.1: used proofs over a restart")
struct ProofDurabilityTests {
    private static let issuer = "http://127.0.0.1:9"
    private static let target = "https://mcp.example.com/mcp/messages"
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test(
        "a proof that was used at a resource stays used; those of the token endpoint are remembered per process",
        arguments: [true, false]
    )
    func restart(withSnapshot: Bool) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }  // a leftover does no harm
        let (clock, key) = (ManualClock(), try TestProofKey())
        // Ahead of the clock, so that the proofs have not expired when the snapshot is due.
        let made = clock.now() + .seconds(200)
        let request = try key.proof("POST", Self.issuer + "/oauth/token", now: made)
        var (token, used) = ("", "")
        try await Self.life(directory, clock) { server, client in
            let answer = try await Self.token(client, request)
            token = try #require(answer["access_token"])
            used = try key.proof("POST", Self.target, now: made, accessToken: token)
            #expect(try await Self.visit(server, client, token, used) == 200)
            #expect(try await Self.visit(server, client, token, used) == 401)
            #expect(try await Self.token(client, request).isError(400, "invalid_dpop_proof"))
            if withSnapshot {
                clock.advance(by: .seconds(301))
                await server.server.performMaintenance()
            }
        }
        try await Self.life(directory, clock) { server, client in
            #expect(try await Self.visit(server, client, token, used) == 401)
            let fresh = try key.proof("POST", Self.target, now: clock.now(), accessToken: token)
            #expect(try await Self.visit(server, client, token, fresh) == 200)
            // The token of a proof that is used again is bound to the same key.
            #expect(try await Self.token(client, request).status == 200)
        }
    }

    /// One life of a server on the directory, under an issuer that stays the same.
    private static func life(
        _ directory: URL,
        _ clock: ManualClock,
        _ body: (TestServer, OAuthTestClient) async throws -> Void
    ) async throws {
        try await TestServer.run(
            clock: clock,
            configure: { configuration in
                configuration.issuer = try Issuer(issuer)
                var machine = Configuration.Client(clientID: ProofScene.batch.id)
                machine.tokenEndpointAuthMethod = .clientSecretPost
                machine.clientSecret = .value(SecretValue(ProofScene.batch.secret))
                machine.grantTypes = [.clientCredentials]
                configuration.clients = [machine]
            },
            environment: { environment in
                environment.storage = try DurableStore.open(
                    directory: directory.path(),
                    key: .configured(try StorageKey(bytes: Array(1...32))),
                    logger: logger
                )
            }
        ) { server in
            let address = try #require(server.server.addresses.first)
            let client = OAuthTestClient(issuer: "http://\(address)", transport: server.transport, resource: nil)
            try await body(server, client)
        }
    }

    /// Asks for a token of the client itself.
    private static func token(_ client: OAuthTestClient, _ proof: String) async throws -> OAuthTestClient.Answer {
        let form = [
            ("grant_type", "client_credentials"), ("client_id", ProofScene.batch.id),
            ("client_secret", ProofScene.batch.secret), ("scope", "mcp:read"),
        ]
        return try await client.post(form, [(name: "dpop", value: proof)])
    }

    /// The status of a request to the resource, which its proxy asks about.
    private static func visit(
        _ server: TestServer,
        _ client: OAuthTestClient,
        _ token: String,
        _ proof: String
    ) async throws -> Int {
        let query = FormParameters.serialize([("resource", TestServer.resource)])
        let answer = try await client.send(
            "GET",
            server.managementURL + "/forward-auth?" + query,
            headerFields: [
                (name: "authorization", value: "DPoP " + token), (name: "dpop", value: proof),
                (name: "x-forwarded-method", value: "POST"), (name: "x-forwarded-uri", value: "/mcp/messages"),
            ]
        )
        return answer.status
    }
}
