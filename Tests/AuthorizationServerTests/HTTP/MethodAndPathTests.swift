import AuthorizationServer
import AuthorizationServerTesting
import Testing

@Suite("RFC 9110, RFC 9112: methods, paths and hosts through the real server")
struct MethodAndPathTests {
    private static let routes = [
        ("/.well-known/oauth-authorization-server", "GET, HEAD, OPTIONS"),
        ("/.well-known/jwks.json", "GET, HEAD, OPTIONS"), ("/oauth/authorize", "GET, HEAD, OPTIONS"),
        ("/oauth/callback/corp", "GET, HEAD, OPTIONS"), ("/oauth/consent", "OPTIONS, POST"),
        ("/oauth/confirm", "OPTIONS, POST"),
        ("/oauth/token", "OPTIONS, POST"), ("/oauth/register", "OPTIONS, POST"), ("/oauth/revoke", "OPTIONS, POST"),
        ("/oauth/introspect", "POST"),
    ]

    @Test("D-76: a method that a path does not have is 405 with Allow, and does nothing")
    func methods() async throws {
        try await BrowserScene.run { scene in
            for (path, allowed) in Self.routes {
                for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "FOO"] {
                    guard !allowed.contains(method) else { continue }
                    let answer = try await scene.client.send(method, path)
                    #expect(answer.status == 405, "\(method) \(path)")
                    #expect(answer.header("allow") == allowed, "\(method) \(path)")
                    #expect(answer.error == "method_not_allowed", "\(method) \(path)")
                }
            }
            try await scene.expectNothingStored()
        }
    }

    @Test("D-76: TRACE returns nothing of the request")
    func trace() async throws {
        try await BrowserScene.run { scene in
            let answer = try RawExchange.run(
                "TRACE /oauth/token HTTP/1.1\r\nHost: x\r\nCookie: secret-cookie\r\nConnection: close\r\n\r\n",
                at: scene.server.server.addresses[0]
            )
            #expect(answer.hasPrefix("HTTP/1.1 405 "))
            #expect(!answer.contains("secret-cookie"))
        }
    }

    @Test(
        "D-76: method overrides are not looked at",
        arguments: ["x-http-method-override", "x-http-method", "x-method-override"]
    )
    func methodOverride(_ name: String) async throws {
        try await BrowserScene.run { scene in
            let override = [(name: name, value: "POST")]
            #expect(try await scene.client.send("GET", "/oauth/token", headerFields: override).status == 405)
            let get = try await scene.client.send(
                "GET",
                "/.well-known/jwks.json",
                headerFields: [(name, "DELETE")]
            )
            #expect(get.status == 200)
        }
    }

    @Test("D-77: other spellings of a path are other paths: 404, and no redirect")
    func paths() async throws {
        try await BrowserScene.run { scene in
            let address = scene.server.server.addresses[0]
            for path in [
                "//oauth/token", "/oauth//token", "/oauth/token/", "/OAUTH/token", "/oauth/TOKEN", "/oauth/%74oken",
                "/oauth%2ftoken", "/oauth/token;x", "/oauth/authorize;x=1", "/oauth/./token", "/oauth/../oauth/token",
                "/.well-known/../oauth/token", "/oauth/token%00", "/oauth/token%20", "/oauth", "/token", "/authorize",
                "/oauth/callback", "/oauth/callback/", "/oauth/callback/a/b", "/oauth/callback/%2e%2e", "/*", "/%",
            ] {
                let answer = try RawExchange.run(
                    "GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                    at: address
                )
                let status = answer.prefix(12)
                #expect(status == "HTTP/1.1 404" || status == "HTTP/1.1 400", "\(path): \(status)")
                #expect(!answer.lowercased().contains("location:"), "\(path)")
            }
        }
    }

    @Test("D-79: answers to unknown routes and broken requests name no software, version or cause")
    func fingerprints() async throws {
        try await BrowserScene.run { scene in
            let address = scene.server.server.addresses[0]
            for request in [
                "GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "GET /oauth/authorize HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "DELETE /oauth/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n", "nonsense\r\n\r\n",
                "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
                "GET /oauth/callback/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            ] {
                let answer = try RawExchange.run(request, at: address).lowercased()
                #expect(answer.hasPrefix("http/1.1 4") || answer.hasPrefix("http/1.1 5"), "\(request)")
                for word in ["server:", "x-powered-by", "swift", "fatal", ".swift:", "openssl", "stack", "/sources/"] {
                    #expect(!answer.contains(word), "\(word) in the answer to \(request)")
                }
            }
        }
    }

    @Test("D-71: Host and absolute-form targets change no answer")
    func hosts() async throws {
        try await BrowserScene.run { scene in
            let address = scene.server.server.addresses[0]
            let path = scene.client.authorizationURL(["response_type": "token"]).dropFirst(scene.server.issuer.count)
            let plain = try RawExchange.run(
                "GET \(path) HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n"
                    + "X-Forwarded-Proto: https\r\nForwarded: host=evil.example\r\nConnection: close\r\n\r\n",
                at: address
            )
            #expect(plain.hasPrefix("HTTP/1.1 302"))
            #expect(!plain.contains("evil.example"))
            let absolute = try RawExchange.run(
                "GET http://evil.example\(path) HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
                at: address
            )
            #expect(!absolute.contains("evil.example"))
            let metadata = try RawExchange.run(
                "GET http://evil.example/.well-known/openid-configuration HTTP/1.1\r\nHost: evil.example\r\n"
                    + "Connection: close\r\n\r\n",
                at: address
            )
            #expect(!metadata.contains("evil.example"))
        }
    }

    @Test("D-71: neither the consent page nor the way upstream follows a forged host")
    func hostsInTheFlow() async throws {
        try await BrowserScene.run { scene in
            let fields = [
                (name: "x-forwarded-host", value: "evil.example"), (name: "forwarded", value: "host=evil.example"),
                (name: "x-forwarded-proto", value: "https"), (name: "x-forwarded-port", value: "1"),
            ]
            let page = try await scene.open(headerFields: fields)
            #expect(page.formAction == scene.server.issuer + "/oauth/consent")
            #expect(!page.text.contains("evil.example"))
            let approval = try await scene.answer(
                try #require(page.hiddenFields["ticket"]),
                headerFields: fields
            )
            #expect(approval.status == 303)
            #expect(approval.header("location")?.contains("evil.example") == false)
            // The Origin of a forged host is not ours.
            let ticket = try await scene.ticket()
            let forged = fields + [(name: "origin", value: "https://evil.example")]
            try await scene.answer(ticket, headerFields: forged).expectErrorPage(403)
        }
    }

    @Test("D-73, D-74, D-75: smuggled, oversized and encoded requests are refused by the real server, which lives on")
    func malformed() async throws {
        try await BrowserScene.run { scene in
            let address = scene.server.server.addresses[0]
            let head = "POST /oauth/consent HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            let table = [
                (head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
                (head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "400"),
                (head + "Content-Length: +3\r\n\r\nabc", "400"),
                (head + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n", "400"),
                (head + "Content-Length: 70000\r\n\r\n" + String(repeating: "a", count: 70_000), "413"),
                (head + "Content-Encoding: gzip\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc", "415"),
                ("GET / HTTP/1.1\r\nHost: x\r\nCookie: \(String(repeating: "a", count: 40_000))\r\n\r\n", "431"),
                ("GET / HTTP/1.1\r\n\r\n", "400"),
            ]
            for (request, status) in table {
                let answer = try RawExchange.run(request, at: address)
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(request.prefix(160)): \(answer.prefix(20))")
            }
            #expect(try await scene.authorize()["code"] != nil)
        }
    }

    @Test("D-74: a thousand cookies or a broken cookie header are no obstacle to a refusal")
    func strangeCookies() async throws {
        try await BrowserScene.run { scene in
            let ticket = try await scene.ticket()
            let many = (0..<1000).map { "c\($0)=\($0)" }.joined(separator: "; ")
            for cookie in [many, ";;;", "=", "gatehouse-consent-", "gatehouse-consent-=", "; =x; gatehouse-flow-=;"] {
                let stranger = scene.anotherBrowser()
                let page = try await scene.answer(ticket, with: stranger, headerFields: [("cookie", cookie)])
                page.expectErrorPage(403, String(cookie.prefix(40)))
            }
        }
    }
}
