import AuthorizationServer
import AuthorizationServerTesting
import Foundation
import ServerConfiguration
import Testing

/// RI-1 over restarts: the operator takes a resource out of the configuration, and puts it back.
@Suite("A resource that is gone and comes back")
struct RemovedResourceTests {
    @Test("RI-1: its sessions are refused and rotate nothing, and go on with the same token when it is back")
    func removedAndBack() async throws {
        try await StoredServer.run { stored in
            var id = ""
            var refreshToken = ""
            try await stored.life { server in
                let client = try await OAuthTestClient.registered(at: server)
                id = client.id
                refreshToken = try await client.tokens(at: server)["refresh_token"] ?? ""
            }
            func refresh(at server: TestServer, as clientID: String) async throws -> OAuthTestClient.Answer {
                var client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
                client.id = clientID
                return try await client.refresh(refreshToken)
            }
            try await stored.life(configure: { $0.resources[0].uri = "https://other.example.com/mcp" }) { server in
                for _ in 0..<2 {
                    let answer = try await refresh(at: server, as: id)
                    #expect(answer.status == 400)
                    #expect(answer.error == "invalid_target")
                }
                // D-29: another client learns nothing of that.
                let stranger = try await OAuthTestClient.registered(at: server)
                #expect(try await refresh(at: server, as: stranger.id).error == "invalid_grant")
            }
            try await stored.life { server in
                let answer = try await refresh(at: server, as: id)
                #expect(answer.status == 200)
                #expect(answer["refresh_token"] != refreshToken)
            }
        }
    }
}
