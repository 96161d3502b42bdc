import AuthorizationServer
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import Testing

@testable import ServerCommand

@Suite("Upstreams that a test adds to a running gatehouse dev")
struct ControlUpstreamTests {
    @Test("logins visit it, its tokens are retrieved, and a session from before asks its user")
    func adding() async throws {
        try await ControlScene.run { (scene) async throws in
            let before = try await scene.session()
            let added = try await scene.send("POST", "/upstreams", ["name": "git", "preset": "github-app"])
            #expect(added.status == 200, "\(added.json.serializedString())")
            #expect(added.text("preset") == "github-app")
            let missing = try await scene.exchange(before.text("access_token"), "git")
            #expect(missing.error == "interaction_required" && missing["connect_uri"] != nil)
            #expect(try await scene.exchange(before.text("access_token"), "dev").status == 200)
            let session = try await scene.session(["user": "grace"])
            for name in ["dev", "git"] {
                #expect(try await scene.exchange(session.text("access_token"), name).status == 200, "\(name)")
            }
            let rows = try await scene.send("GET", "/upstreams")["upstreams"]?.arrayValue?.compactMap(\.objectValue)
            #expect(rows?.map { $0["name"]?.stringValue } == ["dev", "git"])
            #expect(try await scene.send("POST", "/upstreams", ["name": "git"]).status == 400)
            let fault = try await scene.send("POST", "/faults", ["fault": "token-503", "upstream": "git"])
            #expect(fault.status == 200 && fault.text("endpoint") == "/oauth2/token")
        }
    }

    @Test("one on demand is left out by logins until its token is asked for")
    func onDemand() async throws {
        try await ControlScene.run { (scene) async throws in
            #expect(try await scene.send("POST", "/users", ["subject": "lin"]).status == 200)
            let body: JSONObject = ["name": "later", "on_demand": true]
            #expect(try await scene.send("POST", "/upstreams", body).status == 200)
            let session = try await scene.session(["user": "lin"])
            #expect(try await scene.exchange(session.text("access_token"), "later").error == "interaction_required")
            #expect(try await scene.send("GET", "/requests?upstream=later")["requests"]?.arrayValue?.isEmpty == true)
        }
    }

    @Test("it is removed with its connections, by name or by a reset; one of the start is not")
    func removal() async throws {
        try await ControlScene.run { (scene) async throws in
            for name in ["git", "chat"] {
                #expect(try await scene.send("POST", "/upstreams", ["name": .string(name)]).status == 200)
            }
            let session = try await scene.session()
            #expect(try await scene.send("DELETE", "/upstreams/git").status == 200)
            #expect(try await scene.send("DELETE", "/upstreams/git").status == 404)
            #expect(try await scene.send("DELETE", "/upstreams/dev").status == 404)
            let token = session.text("access_token")
            #expect(try await scene.exchange(token, "git").status == 400)
            #expect(try await scene.exchange(token, "chat").status == 200)
            #expect(try await scene.send("POST", "/reset").status == 200)
            let rows = try await scene.send("GET", "/upstreams")["upstreams"]?.arrayValue
            #expect(rows?.count == 1)
            let again = try await scene.session()
            #expect(try await scene.exchange(again.text("access_token")).status == 200)
            #expect(try await scene.send("POST", "/upstreams", ["name": "git"]).status == 200)
        }
    }

    @Test("what is no configuration is refused, and nothing is added")
    func impossible() async throws {
        try await ControlScene.run { (scene) async throws in
            let settings = scene.deployment.ground.settings
            #expect(!settings.hasAdded)
            let changed = DevelopmentUpstream(
                name: "dev",
                preset: .githubApp,
                issuer: "http://127.0.0.1:1",
                secret: "x"
            )
            // Two of one name are no configuration.
            #expect(throws: ConfigurationErrors.self) { try settings.change { $0.upstreams.append(changed) } }
            #expect(!settings.hasAdded)
        }
    }
}
