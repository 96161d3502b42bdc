import AuthorizationServer
import AuthorizationServerTesting
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("RFC 9449 §10: codes that are bound to a key")
struct PushedRequestProofTests {
    @Test("DP-5: a code of a request with dpop_jkt needs a proof of that key")
    func parameter() async throws {
        try await ProofScene.run { scene in
            let form = scene.client.redemption(try await scene.code(["dpop_jkt": scene.key.thumbprint]))
            let other = try TestProofKey()
            #expect(try await scene.post(form, proofs: []).isError(400, "invalid_dpop_proof"))
            let foreign = try await scene.post(form, proofs: [try scene.proof(by: other)])
            #expect(foreign.isError(400, "invalid_dpop_proof"))
            #expect(try await scene.post(form, proofs: [try scene.proof()]).status == 200)
        }
    }

    @Test("DP-5: a dpop_jkt that is no thumbprint is refused", arguments: ["x", "", String(repeating: "A", count: 44)])
    func malformed(text: String) async throws {
        try await ProofScene.run { scene in
            let browser = TestBrowser(transport: scene.server.transport)
            let page = try await browser.get(scene.client.authorizationURL(["dpop_jkt": text]))
            let answer = OAuthTestClient.parameters(of: page.header("location") ?? "")
            // RFC 6749 §3.1: a parameter without a value counts as absent.
            #expect(answer["error"] == (text.isEmpty ? nil : "invalid_request"))
        }
    }

    @Test("RFC 9449 §10.1: a proof at the push binds the code, and must agree with dpop_jkt")
    func pushed() async throws {
        try await ProofScene.run { scene in
            let path = "/oauth/par"
            func proof() throws -> String {
                try scene.key.proof("POST", scene.server.issuer + path, now: scene.server.clock.now())
            }
            let other = try TestProofKey()
            let form = scene.client.authorizationParameters(["dpop_jkt": other.thumbprint])
            #expect(try await scene.post(path, form, proofs: [try proof()]).isError(400, "invalid_dpop_proof"))
            // A proof for another endpoint is refused here.
            let parameters = scene.client.authorizationParameters()
            #expect(try await scene.post(path, parameters, proofs: [try scene.proof()]).status == 400)
            let used = try proof()
            let pushed = try await scene.post(path, parameters, proofs: [used])
            #expect(pushed.status == 201)
            #expect(try await scene.post(path, parameters, proofs: [used]).isError(400, "invalid_dpop_proof"))

            let reference = try #require(pushed["request_uri"])
            let browser = TestBrowser(transport: scene.server.transport)
            let address =
                scene.server.issuer + "/oauth/authorize?"
                + FormParameters.serialize([("client_id", scene.client.id), ("request_uri", reference)])
            let page = try await browser.get(address)
            let consent = [("ticket", page.hiddenFields["ticket"] ?? ""), ("decision", "approve")]
            let next = try await browser.post(scene.server.issuer + "/oauth/consent", form: consent)
            let code = try #require(
                try await scene.client.finish(next, with: browser, at: scene.server)["code"]
            )
            let redemption = scene.client.redemption(code)
            #expect(try await scene.post(redemption, proofs: []).isError(400, "invalid_dpop_proof"))
            #expect(try await scene.post(redemption, proofs: [try scene.proof()]).status == 200)
        }
    }
}
