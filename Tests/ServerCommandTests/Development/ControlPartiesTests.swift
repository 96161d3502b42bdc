import AuthorizationServer
import OAuthClientKit
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@testable import ServerCommand

@Suite("Clients and resources of a running gatehouse dev")
struct ControlPartiesTests {
    private static let added = "https://second.example/mcp"

    @Test("A resource is added with its scopes and credentials: tokens are issued, introspected and exchanged for it")
    func resource() async throws {
        try await ControlScene.run { (scene) async throws in
            let before = try await scene.session()
            let answer = try await scene.send(
                "POST",
                "/resources",
                ["uri": .string(Self.added), "scopes": ["second:read"]]
            )
            #expect(answer.status == 200, "\(answer.json.serializedString())")
            let credentials = (id: answer.text("client_id"), secret: answer.text("client_secret"))
            let session = try await scene.session(["resource": .string(Self.added)])
            #expect(session["claims"]?.objectValue?["aud"]?.stringValue == Self.added)
            #expect(session.text("scope").contains("second:read"))
            let token = session.text("access_token")
            let active = try await scene.client.introspect(token, as: credentials).boolean("active")
            #expect(active == true)
            let audience = scene.deployment.upstreamName
            let exchanged = try await scene.client.exchange(token, audience: audience, as: credentials)
            #expect(exchanged.status == 200)
            // A token of one resource is no token of the other.
            #expect(try await scene.isActive(token) == false)
            #expect(try await scene.isActive(before.text("access_token")) == true)
            let listed = try await scene.send("GET", "/resources")["resources"]?.arrayValue
            #expect(listed?.count == 2)
            let minted = try await scene.send("POST", "/tokens", ["resource": .string(Self.added)])
            #expect(minted["claims"]?.objectValue?["aud"]?.stringValue == Self.added)
        }
    }

    @Test("A removed resource gets no tokens; reset removes those that were added, and the first one remains")
    func removal() async throws {
        try await ControlScene.run { (scene) async throws in
            for uri in [Self.added, "https://third.example/mcp"] {
                #expect(try await scene.send("POST", "/resources", ["uri": .string(uri)]).status == 200)
            }
            let path = "/resources?uri=" + Self.added
            #expect(try await scene.send("DELETE", path).status == 200)
            #expect(try await scene.send("DELETE", path).status == 404)
            #expect(try await scene.send("POST", "/sessions", ["resource": .string(Self.added)]).status == 404)
            #expect(try await scene.send("POST", "/reset").status == 200)
            let listed = try await scene.send("GET", "/resources")["resources"]?.arrayValue
            #expect(listed?.compactMap { $0.objectValue?["uri"]?.stringValue } == [scene.deployment.resource])
            let own = "/resources?uri=" + scene.deployment.resource
            #expect(try await scene.send("DELETE", own).status == 404)
            _ = try await scene.session()
        }
    }

    @Test("What is no resource of a configuration is refused, and the running server keeps its own")
    func refusals() async throws {
        try await ControlScene.run { (scene) async throws in
            let bodies: [JSONObject] = [
                ["uri": "mcp.example.com"], ["uri": "https://a.example/mcp#x"],
                ["uri": .string(scene.deployment.resource)],
                ["uri": "https://a.example/mcp", "upstreams": ["nowhere"]],
                ["uri": "https://a.example/mcp", "scopes": ["a b"]],
            ]
            for body in bodies {
                let answer = try await scene.send("POST", "/resources", body)
                #expect(answer.status == 400 && !answer.description.isEmpty, "\(body.serializedString())")
            }
            let listed = try await scene.send("GET", "/resources")["resources"]?.arrayValue
            #expect(listed?.count == 1)
            #expect(try await scene.send("POST", "/resources", ["uri": .string(Self.added)]).status == 200)
        }
        let inline = "resources: [{uri: \"https://own.example/mcp\", scopes: [\"mcp:read\"]}]"
        try await ControlScene.run({ $0.inline = inline }) { (scene) async throws in
            let answer = try await scene.send("POST", "/resources", ["uri": .string(Self.added)])
            #expect(answer.status == 400 && answer.description.contains("--config-inline"))
        }
    }

    @Test("Clients are registered with and without a secret, listed and removed with their sessions")
    func clients() async throws {
        try await ControlScene.run { (scene) async throws in
            let session = try await scene.session()
            let open = try await scene.send("POST", "/clients", ["name": "Open"])
            #expect(open.status == 200 && open["client_secret"] == nil)
            let secret = try await scene.send(
                "POST",
                "/clients",
                ["method": "client_secret_basic", "redirect_uris": ["https://client.example/cb"]]
            )
            #expect(secret.status == 200 && !secret.text("client_secret").isEmpty)
            #expect(secret["redirect_uris"]?.stringArrayValue == ["https://client.example/cb"])
            let refused = try await scene.send("POST", "/clients", ["redirect_uris": ["javascript:alert(1)"]])
            #expect(refused.status == 400 && refused.error == "invalid_redirect_uri")
            let listed = try await scene.send("GET", "/clients")["clients"]?.arrayValue
            #expect(listed?.count == 3)
            let path = "/clients?client_id=" + session.text("client_id")
            #expect(try await scene.send("DELETE", path).status == 200)
            #expect(try await scene.send("DELETE", path).status == 404)
            #expect(try await scene.send("DELETE", "/clients").status == 400)
            #expect(try await scene.isActive(session.text("access_token")) == false)
        }
    }
}
