import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import Synchronization
import Testing

@Suite("D-25: secrets reach no log, no audit trail, no metric and no error page")
struct SecrecyTests {
    /// Everything that must not appear anywhere, with a name for the report.
    private struct Secrets {
        var values: [(name: String, value: String)] = []

        mutating func add(_ name: String, _ value: String?, sourceLocation: SourceLocation = #_sourceLocation) {
            guard let value, value.utf8.count >= 8 else {
                Issue.record("\(name) is not there to look for", sourceLocation: sourceLocation)
                return
            }
            values.append((name, value))
        }
    }

    @Test("a whole flow at trace level, with its failures, leaves nothing behind")
    func wholeFlow() async throws {
        try await BrowserScene.run { scene in
            var secrets = Secrets()
            var pages: [String] = []
            let client = scene.client
            let state = "client-state-that-is-secret"
            secrets.add("client state", state)
            secrets.add("client verifier", client.verifier)
            secrets.add("upstream client secret", "upstream-secret-for-tests")
            secrets.add("resource server secret", TestServer.resourceServer.secret)
            secrets.add("administrator's token", "admin-token-for-tests")

            // Consent, with a forged ticket on the way.
            let ticket = try await scene.ticket(["state": state, "nonce": "client-nonce-secret"])
            secrets.add("ticket", ticket)
            secrets.add("client nonce", "client-nonce-secret")
            pages.append(try await scene.answer(ticket + "A").text)
            pages.append(try await scene.answer(ticket, with: scene.anotherBrowser()).text)
            let approval = try await scene.answer(ticket)
            for (name, value) in await scene.browser.cookies(for: scene.server.issuer) { secrets.add(name, value) }
            let upstream = approval.redirectParameters
            secrets.add("upstream state", upstream["state"])
            secrets.add("upstream nonce", upstream["nonce"])

            // The callback: in another browser, malformed, right, and again.
            let url = try await scene.callbackURL(after: approval)
            secrets.add("upstream code", OAuthTestClient.parameters(of: url)["code"])
            pages.append(try await scene.anotherBrowser().get(url).text)
            pages.append(try await scene.browser.get(url + "&code=again").text)
            let answer = try await scene.browser.get(url)
            pages.append(try await scene.browser.get(url).text)
            let code = try #require(answer.redirectParameters["code"])
            secrets.add("code", code)
            let redemption = try #require(scene.server.provider.capturedRequests(on: .token).first)
            secrets.add("upstream verifier", redemption.parameter("code_verifier"))

            // The token endpoint: wrong verifier, redeemed, replayed, refreshed, exchanged, and wrong credentials.
            let wrong = String(repeating: "wrong-verifier-", count: 4)
            secrets.add("wrong verifier", wrong)
            pages.append(try await client.redeem(code, ["code_verifier": wrong]).json.text)
            let tokens = try await client.redeem(code)
            #expect(tokens.status == 200)
            let accessToken = try #require(tokens["access_token"])
            secrets.add("access token", accessToken)
            secrets.add("access token's signature", accessToken.split(separator: ".").last.map(String.init))
            secrets.add("refresh token", tokens["refresh_token"])
            let refreshed = try await client.refresh(try #require(tokens["refresh_token"]))
            secrets.add("successor", refreshed["refresh_token"])
            let exchanged = try await client.exchange(try #require(refreshed["access_token"]))
            #expect(exchanged.status == 200)
            secrets.add("upstream access token", exchanged["access_token"])
            pages.append(try await client.exchange(accessToken, audience: "nothing").json.text)
            let badSecret = "a-wrong-resource-secret"
            secrets.add("wrong secret", badSecret)
            let refused = try await client.exchange(accessToken, credentials: (TestServer.resourceServer.id, badSecret))
            pages.append(refused.json.text)
            pages.append(try await client.refresh("gr_" + String(repeating: "A", count: 60)).json.text)
            pages.append(try await client.redeem(code).json.text)

            // Upstream failures of every kind, with the tokens that came along.
            for (fault, endpoint) in [
                (Fault.wrongNonce, EndpointName.token), (.algorithmNone, .token), (.status(500), .token),
                (.malformedJSON, .token), (.page, .token), (.closeConnection, .token), (.invalidGrant, .token),
                (.oauthError("access_denied"), .authorization), (.wrongIssuer, .authorization),
            ] {
                scene.server.provider.script(fault, on: endpoint)
                let approval = try await scene.approved(["state": state])
                let url = try await scene.callbackURL(after: approval)
                secrets.add("upstream state", approval.redirectParameters["state"])
                if let code = OAuthTestClient.parameters(of: url)["code"] { secrets.add("upstream code", code) }
                let failed = try await scene.browser.get(url)
                #expect(failed.redirectParameters["error"] != nil)
            }

            // Requests that match nothing, with secrets where they do not belong.
            pages.append(try await scene.browser.get(scene.server.issuer + "/" + code).text)
            pages.append(try await scene.browser.get(scene.server.issuer + "/oauth/token?code=" + code).text)
            pages.append(try await scene.browser.get(scene.server.issuer + "/oauth/callback/" + code).text)
            pages.append(try await scene.open(["client_id": code]).text)
            pages.append(try await scene.open(["redirect_uri": "https://evil.example/" + code]).text)

            let log = scene.server.log.all
            let audit = scene.server.auditLog.all
            let metrics = try await scene.browser.get(scene.server.managementURL + "/metrics").text
            #expect(log.count > 30)
            #expect(audit.count > 10)
            // The search can fail: it finds a client id, which is no secret.
            #expect(audit.contains { $0.contains(client.id) })
            #expect(log.contains { $0.contains("callback") })
            for (name, value) in secrets.values {
                for line in log where line.contains(value) { Issue.record("\(name) in the log: \(line.prefix(60))") }
                for line in audit where line.contains(value) { Issue.record("\(name) in the audit trail: \(line)") }
                #expect(!metrics.contains(value), "\(name) in the metrics")
                for page in pages where page.contains(value) { Issue.record("\(name) in an error page") }
            }
        }
    }

    @Test("a confidential client's secret is shown once, at registration, and never written")
    func registrationSecret() async throws {
        try await BrowserScene.run { scene in
            var client = scene.client
            let registered = try await client.register([
                "redirect_uris": ["https://client.example.com/cb"], "token_endpoint_auth_method": "client_secret_post",
            ])
            client.id = try #require(registered["client_id"])
            let secret: String = try #require(registered["client_secret"])
            client.secret = secret
            client.redirectURI = "https://client.example.com/cb"
            let answer = try await client.authorize(with: scene.browser, at: scene.server)
            #expect(try await client.redeem(try #require(answer["code"])).status == 200)
            for line in scene.server.log.all + scene.server.auditLog.all { #expect(!line.contains(secret)) }
        }
    }
}

extension JSONObject {
    fileprivate var text: String { String(decoding: serialized(), as: UTF8.self) }
}
