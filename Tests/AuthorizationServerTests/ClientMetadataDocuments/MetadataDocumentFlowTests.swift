import AuthorizationServer
import AuthorizationServerTesting
import HTTPTypes
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("OAuth Client ID Metadata Document: logins of clients that are known by a URL")
struct MetadataDocumentFlowTests {
    @Test("CM-1, MD-5: discovery, login, tokens and refresh with nothing registered")
    func wholeWay() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server in
                let client = OAuthTestClient.documented(host.publish(), at: server)
                let metadata = try await client.send("GET", "/.well-known/oauth-authorization-server").json
                #expect(metadata["client_id_metadata_document_supported"] == true)
                let methods = metadata["token_endpoint_auth_methods_supported"]?.stringArrayValue
                #expect(methods?.contains("none") == true)
                let tokens = try await client.tokens(at: server)
                #expect(tokens.status == 200)
                #expect(try await client.refresh(try #require(tokens["refresh_token"])).status == 200)
                #expect(host.requests.count == 1)
            }
        }
    }

    @Test("CM-5: a visit keeps nothing; the first approved login keeps the client for the token endpoint")
    func kept() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server in
                let client = OAuthTestClient.documented(host.publish(), at: server)
                let browser = TestBrowser(transport: server.transport)
                #expect(try await browser.get(client.authorizationURL()).status == 200)
                #expect(await server.server.stores.clients.client(client.id) == nil)
                _ = try await client.tokens(at: server)
                #expect(await server.server.stores.clients.client(client.id)?.kind == .metadataDocument)
            }
        }
    }

    @Test("CM-5: a refresh does not wait for the document's host, nor fail with it; a new login does")
    func stale() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server in
                let client = OAuthTestClient.documented(host.publish(), at: server)
                let tokens = try await client.tokens(at: server)
                let gate = DocumentHost.Gate()
                host.publish(gate: gate)
                server.clock.advance(by: .seconds(2 * 86_400))
                let second = try await client.refresh(try #require(tokens["refresh_token"]))
                #expect(second.status == 200)
                gate.open()
                // Joins the request that the refresh started.
                #expect(try await MetadataDocumentRefusalTests.page(client.id, at: server).status == 200)
                host.serve(.init(status: .internalServerError))
                server.clock.advance(by: .seconds(2 * 86_400))
                #expect(try await client.refresh(try #require(second["refresh_token"])).status == 200)
                let page = try await TestBrowser(transport: server.transport).get(client.authorizationURL())
                #expect(page.status == 502)
            }
        }
    }

    @Test("CM-5: a client that is removed while its document is renewed stays removed")
    func removedDuringRenewal() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server in
                let client = OAuthTestClient.documented(host.publish(), at: server)
                let clients = server.server.stores.clients
                let tokens = try await client.tokens(at: server)
                let gate = DocumentHost.Gate()
                host.publish(gate: gate) { $0["client_name"] = "Another name" }
                server.clock.advance(by: .seconds(2 * 86_400))
                let count = host.requests.count
                #expect(try await client.refresh(try #require(tokens["refresh_token"])).status == 200)
                while host.requests.count == count { await Task.yield() }
                _ = try await clients.remove(client.id).outcome
                gate.open()
                await server.server.work.idle()
                #expect(await clients.client(client.id) == nil)
            }
        }
    }

    @Test("CM-4: redirect URIs are matched against the document")
    func redirectURIs() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server in
                let client = OAuthTestClient.documented(host.publish(), at: server)
                let browser = TestBrowser(transport: server.transport)
                for accepted in ["http://127.0.0.1:1/callback", "https://client.example/callback"] {
                    #expect(try await browser.get(client.authorizationURL(["redirect_uri": accepted])).status == 200)
                }
                for refused in [
                    "http://localhost/callback", "https://client.example/callback/",
                    "https://client.example:444/callback",
                    "https://evil.example/callback",
                ] {
                    let page = try await browser.get(client.authorizationURL(["redirect_uri": refused]))
                    #expect(page.status == 400)
                    #expect(page.header("location") == nil)
                }
            }
        }
    }

    @Test("CM-4: a document that changes between authorize and token matters for what is bound only")
    func changedBeforeToken() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server in
                let client = OAuthTestClient.documented(host.publish(), at: server)
                let answer = try await client.authorize(with: TestBrowser(transport: server.transport), at: server)
                host.publish { $0["client_name"] = "Renamed" }
                #expect(try await client.redeem(try #require(answer["code"])).status == 200)
                let again = try await client.redeem("wrong", ["redirect_uri": "https://evil.example/callback"])
                #expect(again.error == "invalid_grant")
            }
        }
    }

    @Test("D-89: a document swapped while its consent page is open invalidates the page")
    func swappedUnderThePage() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server in
                let client = OAuthTestClient.documented(host.publish(), at: server)
                let browser = TestBrowser(transport: server.transport)
                let page = try await browser.get(client.authorizationURL())
                let ticket = try #require(page.hiddenFields["ticket"])
                host.publish { $0["redirect_uris"] = ["http://127.0.0.1/callback", "https://evil.example/callback"] }
                server.clock.advance(by: .seconds(400))
                let form = [("ticket", ticket), ("decision", "approve")]
                let answer = try await browser.post(server.issuer + "/oauth/consent", form: form)
                #expect(answer.status == 400)
                #expect(answer.text.contains("changed its description"))
                #expect(answer.header("location") == nil)
            }
        }
    }

    @Test("CM-10, D-89: a remembered consent holds until redirect URIs or keys change")
    func consentAgain() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run(configure: { $0.consent = .remember }) { server async throws in
                var client = OAuthTestClient.documented(host.publish(), at: server)
                client.redirectURI = "https://client.example/callback"
                let browser = TestBrowser(transport: server.transport)
                #expect(try await client.authorize(with: browser, at: server)["code"] != nil)
                let direct = [(name: "sec-fetch-site", value: "none")]
                let url = client.authorizationURL()
                #expect(try await browser.get(url, headerFields: direct).status == 302)
                host.publish { $0["client_name"] = "Renamed" }
                server.clock.advance(by: .seconds(301))
                #expect(try await browser.get(url, headerFields: direct).status == 302)
                host.publish {
                    $0["redirect_uris"] = ["https://client.example/callback", "https://evil.example/callback"]
                }
                server.clock.advance(by: .seconds(301))
                #expect(try await browser.get(url, headerFields: direct).status == 200)
                host.publish {
                    $0["token_endpoint_auth_method"] = "private_key_jwt"
                    $0["jwks_uri"] = "https://client.example/jwks.json"
                }
                server.clock.advance(by: .seconds(301))
                #expect(try await browser.get(url, headerFields: direct).status == 200)
            }
        }
    }

    @Test("FD-10: on loopback the page is always shown, however often the user agreed")
    func loopbackIsNotRemembered() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run(configure: { $0.consent = .remember }) { server in
                let client = OAuthTestClient.documented(host.publish(), at: server)
                let browser = TestBrowser(transport: server.transport)
                #expect(try await client.authorize(with: browser, at: server)["code"] != nil)
                let page = try await browser.get(
                    client.authorizationURL(),
                    headerFields: [("sec-fetch-site", "none")]
                )
                #expect(page.status == 200)
            }
        }
    }

    @Test("CM-8, D-69: the page shows the host, warns of loopback, and of a redirect to another host")
    func warnings() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server in
                let client = OAuthTestClient.documented(
                    host.publish { $0["client_name"] = "<b>Claude</b>" },
                    at: server
                )
                let browser = TestBrowser(transport: server.transport)
                let loopback = try await browser.get(client.authorizationURL()).text
                #expect(loopback.contains("Published by <strong>127.0.0.1</strong>"))
                #expect(loopback.contains("Any program on it can call itself &lt;b&gt;Claude&lt;/b&gt;"))
                let url = client.authorizationURL(["redirect_uri": "https://client.example/callback"])
                let elsewhere = try await browser.get(url).text
                #expect(elsewhere.contains("but the answer is sent to <strong>client.example</strong>"))
            }
        }
    }

    @Test("CM-11: a second device's login leaves the first device logged in")
    func twoDevices() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server in
                let client = OAuthTestClient.documented(host.publish(), at: server)
                let first = try await client.tokens(at: server)
                let second = try await client.tokens(at: server)
                for tokens in [first, second] {
                    #expect(try await client.refresh(try #require(tokens["refresh_token"])).status == 200)
                }
            }
        }
    }

    @Test("CM-3, TK-15: a documented client has no secret that the token endpoint would take")
    func noSecret() async throws {
        try await DocumentHost.run { host in
            try await TestServer.run { server in
                var client = OAuthTestClient.documented(host.publish(), at: server)
                let answer = try await client.authorize(with: TestBrowser(transport: server.transport), at: server)
                client.secret = ""
                let code = try #require(answer["code"])
                #expect(try await client.redeem(code, ["client_secret": "guess"]).error == "invalid_client")
                let stranger = OAuthTestClient.documented(host.publish(at: "/other.json"), at: server)
                #expect(try await stranger.redeem(code).error == "invalid_client")
            }
        }
    }
}
