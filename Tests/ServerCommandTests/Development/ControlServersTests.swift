import AuthorizationServer
import Logging
import OAuthClientKit
import OAuthProtocol
import OutboundHTTP
import Testing

@testable import ServerCommand

@Suite("Several servers in one gatehouse dev")
struct ControlServersTests {
    /// A further server, as a test in another language reaches it: by its ready line alone.
    private struct Further {
        let report: JSONObject
        let transport: any OutboundTransport

        var id: String { report["id"]?.stringValue ?? "" }
        var issuer: String { report["issuer"]?.stringValue ?? "" }
        var client: OAuthTestClient {
            OAuthTestClient(issuer: issuer, transport: transport, resource: nil)
        }
        private var control: JSONObject { report["control"]?.objectValue ?? [:] }

        func send(
            _ method: String,
            _ path: String,
            _ body: JSONObject? = nil,
            token: String? = nil
        ) async throws
            -> OAuthTestClient.Answer
        {
            let bearer = token ?? control["token"]?.stringValue ?? ""
            return try await client.send(
                method,
                (control["url"]?.stringValue ?? "") + path,
                headerFields: [("authorization", "Bearer " + bearer)],
                body: body?.serialized() ?? []
            )
        }

        func isActive(_ accessToken: String) async throws -> Bool? {
            let resource = report["resources"]?.arrayValue?.first?.objectValue ?? [:]
            let credentials = (resource["client_id"]?.stringValue ?? "", resource["client_secret"]?.stringValue ?? "")
            return try await client.introspect(accessToken, as: credentials).boolean("active")
        }
    }

    private static func start(_ scene: ControlScene, _ body: JSONObject = [:]) async throws -> Further {
        let answer = try await scene.send("POST", "/servers", body)
        try #require(answer.status == 200, "\(answer.json.serializedString())")
        return Further(report: answer.json, transport: scene.transport)
    }

    @Test("each has its own issuer, ports, keys, users, time and control plane: tokens of one are refused at another")
    func isolation() async throws {
        try await ControlScene.run { (scene) async throws in
            let one = try await Self.start(scene)
            let other = try await Self.start(scene, ["upstreams": ["git=github-app"], "scopes": ["tools:use"]])
            #expect(Set([one.issuer, other.issuer, scene.client.issuer]).count == 3)
            let token = try await one.send("POST", "/sessions")["access_token"] ?? ""
            let foreign = try await other.send("POST", "/sessions")["access_token"] ?? ""
            let first = try await scene.session().text("access_token")
            #expect(try await one.isActive(token) == true)
            #expect(try await other.isActive(foreign) == true)
            #expect(try await scene.isActive(first) == true)
            for wrong in [foreign, first] { #expect(try await one.isActive(wrong) == false) }
            for wrong in [token, first] { #expect(try await other.isActive(wrong) == false) }
            for wrong in [token, foreign] { #expect(try await scene.isActive(wrong) == false) }

            #expect(try await one.send("POST", "/users", ["subject": "lin"]).status == 200)
            #expect(try await other.send("POST", "/sessions", ["user": "lin"]).status == 404)
            #expect(try await one.send("POST", "/clock", ["now": 2_000_000_000, "frozen": true]).status == 200)
            #expect(try await other.send("GET", "/clock").integer("now") != 2_000_000_000)
            #expect(try await scene.send("GET", "/clock")["now"]?.integerValue != 2_000_000_000)
            #expect(try await one.send("POST", "/reset").status == 200)
            #expect(try await other.isActive(foreign) == true)
            let stolen = scene.deployment.control.token
            #expect(try await one.send("GET", "/clock", token: stolen).status == 401)
        }
    }

    @Test("they are listed, end one by one, and have none of their own")
    func listing() async throws {
        try await ControlScene.run { (scene) async throws in
            let servers = [try await Self.start(scene), try await Self.start(scene)]
            let listed = try await scene.send("GET", "/servers")["servers"]?.arrayValue?.compactMap(\.objectValue)
            #expect(listed?.map { $0["id"]?.stringValue } == servers.map(\.id))
            #expect(listed?.map { $0["issuer"]?.stringValue } == servers.map(\.issuer))
            #expect(try await servers[0].send("POST", "/servers").status == 404)
            #expect(try await scene.send("DELETE", "/servers/" + servers[0].id).status == 200)
            #expect(try await scene.send("DELETE", "/servers/" + servers[0].id).status == 404)
            #expect(try await servers[1].send("GET", "/clock").status == 200)
            #expect(try await scene.send("GET", "/servers")["servers"]?.arrayValue?.count == 1)
        }
    }

    @Test("configuration keys are given to one of them; a wrong one starts nothing")
    func configuration() async throws {
        try await ControlScene.run { (scene) async throws in
            let short = try await Self.start(scene, ["config": ["tokens": ["access_token_lifetime": "90s"]]])
            #expect(try await short.send("POST", "/sessions").integer("expires_in") == 90)
            #expect(try await scene.session()["expires_in"]?.integerValue != 90)
            let refused = try await scene.send("POST", "/servers", ["config": ["tokns": [:]]])
            #expect(refused.status == 400 && refused.description.contains("tokns: unknown key"))
            #expect(try await scene.send("GET", "/servers")["servers"]?.arrayValue?.count == 1)
        }
    }

    @Test("they are bounded, and none is started while the process ends")
    func bound() async throws {
        var options = DevelopmentOptions()
        options.logLevel = .critical
        let servers = DevelopmentServers(options, countMax: 1)
        let first = try await servers.start { _ in }
        let refusal = await #expect(throws: ControlRefusal.self) { _ = try await servers.start { _ in } }
        #expect(refusal?.status == 409 && refusal?.description.contains("1 further") == true)
        #expect(await servers.stop(first["id"]?.stringValue ?? ""))
        _ = try await servers.start { _ in }
        await servers.stopAll()
        let late = await #expect(throws: ControlRefusal.self) { _ = try await servers.start { _ in } }
        #expect(late?.status == 503 && servers.reports.isEmpty)
    }
}
