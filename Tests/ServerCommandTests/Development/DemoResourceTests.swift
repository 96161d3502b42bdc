import AuthorizationServer
import Foundation
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import Testing

@testable import ServerCommand

@Suite("The demo MCP server of gatehouse dev, and the printed commands")
struct DemoResourceTests {
    private static func post(
        _ scene: ControlScene,
        _ body: String,
        _ fields: [(name: String, value: String)]
    ) async throws -> OAuthTestClient.Answer {
        try await scene.client.send(
            "POST",
            scene.deployment.resource,
            headerFields: fields + [("content-type", "application/json")],
            body: Array(body.utf8)
        )
    }

    private static let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#

    @Test("A client finds the authorization server by the challenge and the metadata (RFC 9728 §5.1)")
    func discovery() async throws {
        try await DemoPageTests.run { (scene, visit) async throws in
            let refused = try await Self.post(scene, Self.ping, [])
            let address = visit.url + ".well-known/oauth-protected-resource/mcp"
            #expect(refused.status == 401)
            #expect(refused.header("www-authenticate")?.contains("resource_metadata=\"\(address)\"") == true)
            let metadata = try await scene.client.send("GET", address)
            #expect(metadata["resource"] == scene.deployment.resource)
            #expect(metadata.json["authorization_servers"]?.stringArrayValue == [scene.client.issuer])
            #expect(metadata.json["scopes_supported"]?.stringArrayValue == ["mcp:read"])
        }
    }

    @Test("What is no access token for this server is refused")
    func tokens() async throws {
        try await DemoPageTests.run { (scene, _) async throws in
            let session = try await scene.session()
            let right = "Bearer " + session.text("access_token")
            #expect(try await Self.post(scene, Self.ping, [("authorization", right)]).status == 200)
            let other = try await scene.send("POST", "/resources", ["uri": "https://second.example/mcp"])
            #expect(other.status == 200)
            let foreign = try await scene.session(["resource": "https://second.example/mcp"]).text("access_token")
            for value in [
                "Bearer ", "Bearer x", "Basic x", right + "x", "Bearer " + session.text("refresh_token"),
                "Bearer " + foreign,
            ] {
                let answer = try await Self.post(scene, Self.ping, [("authorization", value)])
                #expect(answer.status == 401, "\(value.prefix(12))")
            }
            let twice = [(name: "authorization", value: right), (name: "authorization", value: right)]
            #expect(try await Self.post(scene, Self.ping, twice).status == 401)
            let page = [(name: "authorization", value: right), (name: "origin", value: "https://evil.example")]
            #expect(try await Self.post(scene, Self.ping, page).status == 403)
        }
    }

    @Test("It speaks enough of MCP for a client: initialize, tools and errors")
    func protocolMessages() async throws {
        try await DemoPageTests.run { (scene, _) async throws in
            let token = try await scene.session().text("access_token")
            let fields = [(name: "authorization", value: "Bearer " + token)]
            func result(_ body: String) async throws -> JSONObject {
                let answer = try await Self.post(scene, body, fields)
                #expect(answer.status == 200, "\(body)")
                return answer.json["result"]?.objectValue ?? answer.json["error"]?.objectValue ?? [:]
            }
            for (wished, given) in [("2025-06-18", "2025-06-18"), ("1999-01-01", "2025-11-25")] {
                let greeting = try await result(
                    #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"\#(wished)"}}"#
                )
                #expect(greeting["protocolVersion"]?.stringValue == given)
            }
            let notified = try await Self.post(
                scene,
                #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
                fields
            )
            #expect(notified.status == 202 && notified.body.isEmpty)
            let tools = try await result(#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
            #expect(tools["tools"]?.arrayValue?.first?.objectValue?["name"]?.stringValue == "whoami")
            let unknown = try await result(#"{"jsonrpc":"2.0","id":1,"method":"resources/list"}"#)
            #expect(unknown["code"]?.integerValue == -32601)
            let noTool = try await result(#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"rm"}}"#)
            #expect(noTool["code"]?.integerValue == -32602)
            for body in ["", "[]", "{}", "x"] {
                #expect(try await Self.post(scene, body, fields).status == 400, "\(body)")
            }
        }
    }

    @Test("Every printed command works as it is printed")
    func commands() async throws {
        try await DemoPageTests.run { (scene, visit) async throws in
            #expect(scene.deployment.introduction.hasPrefix("Try it in a browser: \(visit.url)\n"))
            let token = try await scene.session().text("access_token")
            let commands = scene.deployment.commands(accessToken: token)
            let expected = [
                "\"issuer\"", "\"client_id\"", "dev says: Ada Lovelace", "\"issued_token_type\"", "gatehouse_",
            ]
            #expect(commands.count == expected.count)
            for (command, text) in zip(commands, expected) {
                let output = try await Self.run(command)
                #expect(output.contains(text), "\(command.prefix(60)): \(output.prefix(200))")
            }
        }
        // The developer's own resource is not called.
        try await ControlScene.run { (scene) async throws in
            let commands = scene.deployment.commands(accessToken: "x")
            #expect(commands.count == 4 && !commands.contains { $0.contains("tools/call") })
            #expect(scene.deployment.introduction.contains("(yours to run)"))
        }
    }

    /// Runs a command in a shell without blocking a thread that the server's tasks need.
    private static func run(_ command: String) async throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command]
        let file = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)")
        try Data().write(to: file)
        defer {
            // The system empties its folder of temporary files.
            try? FileManager.default.removeItem(at: file)
        }
        process.standardOutput = try FileHandle(forWritingTo: file)
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return String(decoding: try Data(contentsOf: file), as: UTF8.self)
    }
}
