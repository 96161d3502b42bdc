import AuthorizationServer
import AuthorizationServerTesting
import OAuthClientKit
import OAuthProtocol
import Testing

@Suite("RFC 6749 §3.2, D-9: no form may repeat a parameter, known or not")
struct RepeatedParameterTests {
    private static let repeated = [("extra", "1"), ("extra", "2")]

    @Test("report-invalid")
    func reportInvalid() async throws {
        try await VaultScene.run { scene in
            let token = try #require(try await scene.logIn()["access_token"])
            for form in [Self.repeated, [("account", "ada"), ("account", "grace")]] {
                let answer = try await scene.report(token, "corp", form)
                #expect(answer.status == 400 && answer.error == "invalid_request")
            }
            // Reported already, or too early: it reached the vault.
            #expect(try await scene.report(token, "corp", [("extra", "1")]).error != "invalid_request")
        }
    }

    @Test("token, revocation and introspection endpoints, and back-channel logout")
    func endpoints() async throws {
        try await VaultScene.run { scene in
            let paths = ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/backchannel-logout/corp"]
            for path in paths {
                let form = [("token", "x"), ("grant_type", "refresh_token"), ("logout_token", "x")] + Self.repeated
                let answer = try await scene.client.post(path, form)
                #expect(answer.status == 400 && answer.error == "invalid_request", "\(path)")
                #expect(answer["error_description"] == "parameter extra is repeated", "\(path)")
            }
        }
    }

    @Test("the consent form")
    func consent() async throws {
        try await BrowserScene.run { scene async throws in
            let ticket = try await scene.ticket()
            let form = [("ticket", ticket), ("decision", "approve")]
            let url = scene.server.issuer + "/oauth/consent"
            #expect(try await scene.browser.post(url, form: form + Self.repeated).status == 400)
            #expect(try await scene.browser.post(url, form: form).status == 303)
        }
    }
}
