import AuthorizationServerTesting
import OAuthProtocol
import Testing

/// RFC 6749 §3.2: the form of a token request.
@Suite("Token endpoint: the request")
struct TokenRequestTests {
    @Test("TK-1: other methods get 405 with Allow", arguments: ["GET", "PUT", "DELETE", "PATCH"])
    func methods(method: String) async throws {
        try await TestServer.run { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let answer = try await client.send(method, "/oauth/token?grant_type=authorization_code&code=x")
            #expect(answer.status == 405)
            #expect(answer.header("allow")?.split(separator: ", ").contains("POST") == true)
            #expect(answer.header("allow")?.contains("GET") == false)
            #expect(answer.header("cache-control") == "no-store")
        }
    }

    @Test("D-76: X-HTTP-Method-Override is ignored")
    func methodOverride() async throws {
        try await TestServer.run { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let answer = try await client.send(
                "GET",
                "/oauth/token",
                headerFields: [("x-http-method-override", "POST")]
            )
            #expect(answer.status == 405)
        }
    }

    @Test(
        "TK-1: another, doubled or missing Content-Type is invalid_request, never 500",
        arguments: [
            "application/json", "text/plain", "application/json, application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded, application/json", "multipart/form-data; boundary=x",
            "application/x-www-form-urlencodedx", ";", "",
        ]
    )
    func contentTypes(type: String) async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            let body = Array(FormParameters.serialize(client.redemption(code)).utf8)
            let refused = try await client.send(
                "POST",
                "/oauth/token",
                headerFields: [("content-type", type)],
                body: body
            )
            #expect(refused.isError(400, "invalid_request"))
            // Nothing was used up.
            #expect(try await client.redeem(code).status == 200)
        }
    }

    @Test(
        "TK-1: the media type compares without case and with parameters",
        arguments: [
            "application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-Urlencoded",
            "application/x-www-form-urlencoded;charset=utf-8",
        ]
    )
    func acceptedContentTypes(type: String) async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            let body = Array(FormParameters.serialize(client.redemption(code)).utf8)
            let answer = try await client.send(
                "POST",
                "/oauth/token",
                headerFields: [("content-type", type), ("mcp-protocol-version", "2026-07-28")],
                body: body
            )
            #expect(answer.status == 200)
        }
    }

    @Test(
        "D-9: a repeated parameter is invalid_request, also with equal values, and uses nothing up",
        arguments: [
            "grant_type", "code", "redirect_uri", "client_id", "code_verifier", "scope", "state", "unknown",
        ]
    )
    func repeated(name: String) async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            let form = client.redemption(code)
            let value = form.first { $0.0 == name }?.1
            let extra = value.map { [(name, $0)] } ?? [(name, "x"), (name, "x")]
            #expect(try await client.token(form + extra).isError(400, "invalid_request"))
            #expect(try await client.redeem(code).status == 200)
        }
    }

    @Test(
        "TK-2: a missing or empty parameter is invalid_request and uses nothing up",
        arguments: ["grant_type", "code", "code_verifier"]
    )
    func missing(name: String) async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            #expect(try await client.redeem(code, [name: nil]).isError(400, "invalid_request"))
            // RFC 6749 §3.2: a parameter without a value counts as absent.
            #expect(try await client.redeem(code, [name: ""]).isError(400, "invalid_request"))
            #expect(try await client.redeem(code).status == 200)
        }
    }

    @Test("TK-2: a missing refresh_token or subject_token is invalid_request")
    func missingInOtherGrants() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let refresh = try await client.token([("grant_type", "refresh_token"), ("client_id", client.id)])
            #expect(refresh.isError(400, "invalid_request"))
            for name in ["subject_token", "subject_token_type", "audience"] {
                let exchange = try await client.exchange(tokens.accessToken, [name: nil])
                #expect(exchange.isError(400, "invalid_request"), "\(name)")
            }
        }
    }

    @Test("D-10, TK-1: parameters in the query do not count")
    func query() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            let all = FormParameters.serialize(client.redemption(code))
            let onlyQuery = try await client.post([], to: "/oauth/token?" + all)
            #expect(onlyQuery.isError(400, "invalid_request"))
            let split = try await client.post(
                client.redemption(code, ["code_verifier": nil]),
                to: "/oauth/token?code_verifier=\(client.verifier)"
            )
            #expect(split.isError(400, "invalid_request"))
            // In the body it counts, whatever the query says.
            let answer = try await client.post(client.redemption(code), to: "/oauth/token?code=other&client_id=evil")
            #expect(answer.status == 200)
        }
    }

    @Test("TK-17, D-74: more than 100 parameters are invalid_request, 100 are not")
    func parameterCount() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            let form = client.redemption(code)
            let padding = { (count: Int) in (0..<count).map { ("x\($0)", "y") } }
            #expect(try await client.token(form + padding(101 - form.count)).isError(400, "invalid_request"))
            #expect(try await client.token(form + padding(100 - form.count)).status == 200)
        }
    }

    @Test("TK-17: a body of more than 64 KiB is 413, one of 64 KiB is read")
    func bodySize() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let head = "grant_type=authorization_code&client_id=\(client.id)&code="
            for (size, status) in [(65_537, 413), (1_000_000, 413), (65_536, 400)] {
                let body = head + String(repeating: "x", count: size - head.utf8.count)
                let answer = try await client.send(
                    "POST",
                    "/oauth/token",
                    headerFields: [("content-type", "application/x-www-form-urlencoded")],
                    body: Array(body.utf8)
                )
                #expect(answer.status == status)
                if status == 413 { #expect(answer.error == "invalid_request") }
                #expect(answer.header("content-type") == "application/json")
                #expect(answer.header("cache-control") == "no-store")
            }
        }
    }

    @Test(
        "TK-1: broken escapes and broken UTF-8 are invalid_request",
        arguments: ["code=%", "code=%zz", "code=%FF", "%C3="]
    )
    func brokenForms(parameter: String) async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let answer = try await client.send(
                "POST",
                "/oauth/token",
                headerFields: [("content-type", "application/x-www-form-urlencoded")],
                body: Array("grant_type=authorization_code&client_id=\(client.id)&\(parameter)".utf8)
            )
            #expect(answer.isError(400, "invalid_request"))
        }
    }

    @Test(
        "TK-11: an unknown grant is unsupported_grant_type",
        arguments: ["password", "implicit", "AUTHORIZATION_CODE", "urn:x"]
    )
    func unknownGrant(grant: String) async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let answer = try await client.token([("grant_type", grant), ("client_id", client.id)])
            #expect(answer.isError(400, "unsupported_grant_type"))
        }
    }

    @Test("TK-11: a grant that the client may not use is unauthorized_client")
    func unauthorizedClient() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            // A public client and token exchange (VT-1).
            let exchange = try await client.token([
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("client_id", client.id),
                ("subject_token", try tokens.accessToken), ("audience", TestServer.upstream),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ])
            #expect(exchange.isError(400, "unauthorized_client"))
            // A resource server and codes.
            let basic = OAuthTestClient.basic(TestServer.resourceServer.id, TestServer.resourceServer.secret)
            let code = try await client.token(
                [("grant_type", "authorization_code"), ("code", "x"), ("code_verifier", client.verifier)],
                authorization: basic
            )
            #expect(code.isError(400, "unauthorized_client"))
        }
    }

    @Test("CX-1, D-78: any origin may call, without credentials; the preflight says which headers")
    func crossOrigin() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let refused = try await client.post([("grant_type", "x")], [("origin", "https://inspector.example")])
            #expect(refused.header("access-control-allow-origin") == "*")
            #expect(refused.header("access-control-allow-credentials") == nil)
            #expect(refused.header("access-control-expose-headers")?.contains("WWW-Authenticate") == true)
            let preflight = try await client.send("OPTIONS", "/oauth/token", headerFields: [("origin", "null")])
            #expect(preflight.status == 204)
            let allowed = preflight.header("access-control-allow-headers") ?? ""
            for name in ["authorization", "content-type", "mcp-protocol-version", "dpop"] {
                #expect(allowed.contains(name))
            }
        }
    }
}
