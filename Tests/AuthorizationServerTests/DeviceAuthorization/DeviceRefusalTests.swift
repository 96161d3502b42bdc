import AuthorizationServer
import AuthorizationServerTesting
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("RFC 8628: requests and forms that are refused")
struct DeviceRefusalTests {
    @Test(
        "DV-1, CA-6: a request with something wrong gets no codes",
        arguments: [
            (["client_id": "missing"], "invalid_client"), (["client_id": nil], "invalid_client"),
            (["client_secret": "guess"], "invalid_client"), (["scope": "nothing:known"], "invalid_scope"),
            (["resource": "https://nowhere.example/mcp"], "invalid_target"),
            (["client_id": "browser-only"], "unauthorized_client"),
        ] as [([String: String?], String)]
    )
    func requests(changes: [String: String?], error: String) async throws {
        try await DeviceScene.run(configure: { configuration in
            var client = Configuration.Client(clientID: "browser-only")
            client.redirectURIs = ["http://127.0.0.1/callback"]
            configuration.clients.append(client)
        }) { scene in
            let answer = try await scene.begin(changes)
            #expect(answer.error == error && answer["device_code"] == nil)
        }
    }

    @Test("DV-1: a device code is no other kind of code, and nothing else is one")
    func confusion() async throws {
        try await DeviceScene.run { scene in
            let codes = try await scene.begin()
            for code in [codes["user_code"], "nonsense", "gc_x", codes["device_code"].map { $0 + "x" }] {
                #expect(try await scene.poll(code).isError(400, "invalid_grant"))
            }
            #expect(
                try await scene.server.visitor.token([("grant_type", DeviceScene.grantType), ("client_id", "cli")])
                    .error == "invalid_request"
            )
            var client = try await OAuthTestClient.registered(at: scene.server)
            client.scope = nil
            #expect(try await client.redeem(codes["device_code"] ?? "").isError(400, "invalid_grant"))
            #expect(try await client.refresh(codes["device_code"] ?? "").isError(400, "invalid_grant"))
        }
    }

    @Test(
        "D-54, RFC 8628 §5.4: a form from elsewhere, without the page's value, or with a code that is none, asks nothing"
    )
    func forms() async throws {
        try await DeviceScene.run { scene in
            let codes = try await scene.begin()
            let browser = TestBrowser(transport: scene.server.transport)
            let page = try await browser.get(scene.server.issuer + "/device?user_code=" + (codes["user_code"] ?? ""))
            #expect(page.status == 200 && page.text.contains(codes["user_code"] ?? "-"))
            // The address alone approves nothing and asks nothing.
            #expect(page.hiddenFields["ticket"] != nil && !page.text.contains("Approve"))
            let stranger = TestBrowser(transport: scene.server.transport)
            for ticket in [page.hiddenFields["ticket"] ?? "", "", "made-up"] {
                let answer = try await stranger.post(
                    scene.server.issuer + "/device",
                    form: [("ticket", ticket), ("user_code", codes["user_code"] ?? "")]
                )
                #expect(answer.status == 403 || answer.status == 400)
                #expect(!answer.text.contains("Approve"))
            }
            for wrong in ["", "BBBB-BBBB", "<script>", "AEIO-UAEI"] {
                let answer = try await scene.enter(wrong, in: browser)
                #expect(answer.status == 200 && answer.text.contains("unknown, or it has expired"))
                #expect(!answer.text.contains("<script>"))
            }
            let echoed = try await browser.get(scene.server.issuer + "/device?user_code=%3Cscript%3E")
            #expect(!echoed.text.contains("script>"))
        }
    }

    @Test("D-80, RFC 8628 §5.1: entering codes is limited, and so is requesting them")
    func limits() async throws {
        try await DeviceScene.run(configure: { $0.limits.authorizationsPerSource = .init(burst: 3, perMinute: 1) }) {
            scene in
            let browser = TestBrowser(transport: scene.server.transport)
            for _ in 0..<3 { #expect(try await scene.enter("BBBB-BBBB", in: browser).status == 200) }
            let fourth = try await scene.enter("BBBB-BBBB", in: browser)
            #expect(fourth.status == 429)
            #expect(try await scene.begin().status == 429)
        }
    }

    @Test("DV-1: consent is asked every time, also of trusted clients; without the key nothing is there")
    func always() async throws {
        try await DeviceScene.run(configure: { configuration in
            configuration.consent = .trusted
            configuration.clients[0].isTrusted = true
        }) { scene in
            let browser = TestBrowser(transport: scene.server.transport)
            let codes = try await scene.begin()
            #expect(try await scene.enter(codes["user_code"], in: browser).text.contains("Approve"))
            let metadata = try await scene.server.visitor.send("GET", "/.well-known/oauth-authorization-server").json
            #expect(
                metadata["device_authorization_endpoint"]?.stringValue
                    == scene.server.issuer + "/oauth/device_authorization"
            )
            #expect(metadata["grant_types_supported"]?.stringArrayValue?.contains(DeviceScene.grantType) == true)
        }
        try await TestServer.run { server in
            let metadata = try await server.visitor.send("GET", "/.well-known/oauth-authorization-server").json
            #expect(metadata["device_authorization_endpoint"] == nil)
            #expect(metadata["grant_types_supported"]?.stringArrayValue?.contains(DeviceScene.grantType) == false)
            #expect(try await server.visitor.post("/oauth/device_authorization", [("client_id", "x")]).status == 404)
            #expect(try await server.visitor.send("GET", "/device").status == 404)
            let answer = try await server.visitor.token([("grant_type", DeviceScene.grantType), ("device_code", "x")])
            #expect(answer.isError(400, "unsupported_grant_type"))
        }
    }
}
