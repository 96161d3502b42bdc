import AuthorizationServer
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import Testing

@testable import ServerCommand

@Suite("Requests at a provider that the control plane holds")
struct ControlHoldTests {
    @Test("A held refresh waits until it is released, performed or not, and then succeeds", arguments: [false, true])
    func refresh(isPerformed: Bool) async throws {
        let inline: (inout DevelopmentOptions) -> Void = { $0.inline = "tokens: {access_token_lifetime: 24h}" }
        try await ControlScene.run(inline) { (scene) async throws in
            let token = try await scene.session().text("access_token")
            _ = try await scene.send("POST", "/clock", ["advance": 7200])
            let hold = try await scene.send("POST", "/holds", ["performed": .bool(isPerformed)])
            #expect(hold.status == 200 && hold["endpoint"]?.stringValue == "/token")
            let id = hold.text("id")
            let before = try await scene.send("GET", "/holds")["holds"]?.arrayValue?.first?.objectValue
            #expect(before?["id"]?.stringValue == id && before?["arrived"]?.integerValue == 0)
            async let answer = scene.exchange(token)
            let arrived = try await scene.send("GET", "/holds?timeout=60&id=" + id)
            #expect(arrived["holds"]?.arrayValue?.first?.objectValue?["arrived"]?.integerValue == 1)
            let released = try await scene.send("DELETE", "/holds?id=" + id)
            #expect(released["released"]?.integerValue == 1)
            let status = try await answer.status
            #expect(status == 200)
            #expect(try await scene.send("DELETE", "/holds?id=" + id).status == 404)
        }
    }

    @Test("A released hold holds nothing; what never arrives ends the wait; an unknown one is refused")
    func releases() async throws {
        try await ControlScene.run { (scene) async throws in
            let hold = try await scene.send("POST", "/holds", ["endpoint": "/authorize", "times": 3])
            let id = hold.text("id")
            let late = try await scene.send("GET", "/holds?timeout=0&id=" + id)
            #expect(late.status == 408 && late.description.contains(id))
            #expect(try await scene.send("DELETE", "/holds").status == 200)
            _ = try await scene.session()
            #expect(try await scene.send("GET", "/holds?id=" + id).status == 404)
            #expect(try await scene.send("GET", "/holds")["holds"]?.arrayValue?.isEmpty == true)
        }
    }

    @Test(
        "Removing the faults, a reset and the end of the server release every hold",
        arguments: ["/faults", "/reset"]
    )
    func endings(path: String) async throws {
        try await ControlScene.run { (scene) async throws in
            let hold = try await scene.send("POST", "/holds", ["endpoint": "/authorize"])
            async let session = scene.send("POST", "/sessions")
            _ = try await scene.send("GET", "/holds?timeout=60&id=" + hold.text("id"))
            let method = path == "/faults" ? "DELETE" : "POST"
            #expect(try await scene.send(method, path).status == 200)
            // Released; a reset may have ended the login's client in the meantime.
            let status = try await session.status
            #expect(status == 200 || path == "/reset")
            // The end of the scene must not wait for this one.
            #expect(try await scene.send("POST", "/holds", ["endpoint": "/jwks"]).status == 200)
        }
    }

    @Test("They are bounded")
    func bound() async throws {
        let holds = HeldFaults()
        for _ in 0..<HeldFaults.countMax {
            #expect(holds.add(ResponseGate(), upstream: "corp", endpoint: .token) != nil)
        }
        #expect(holds.add(ResponseGate(), upstream: "corp", endpoint: .token) == nil)
        #expect(holds.release("hold-1") == 0 && holds.release("hold-1") == nil)
        #expect(holds.add(ResponseGate(), upstream: "corp", endpoint: .token) == "hold-101")
        #expect(holds.release(nil) == 0 && holds.report.isEmpty)
    }
}
