import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("OM-1: health, metrics and the audit trail")
struct ManagementTests {
    @Test("live and ready answer on the management address alone")
    func health() async throws {
        try await BrowserScene.run { scene async throws in
            let live = try await scene.client.send("GET", scene.server.managementURL + "/health/live")
            #expect(live.status == 200)
            #expect(live["status"] == "live")
            let ready = try await scene.client.send("GET", scene.server.managementURL + "/health/ready")
            #expect(ready.status == 200)
            #expect(ready["status"] == "ready")
            #expect(ready.header("cache-control") == "no-store")
            for path in ["/health/live", "/health/ready", "/health", "/metrics", "/admin/audit", "/admin/keys/rotate"] {
                #expect(try await scene.client.send("GET", path).status == 404, "\(path)")
                #expect(try await scene.client.send("POST", path).status == 404, "\(path)")
            }
            for path in ["/oauth/token", "/oauth/authorize", "/.well-known/jwks.json"] {
                let url = scene.server.managementURL + path
                #expect(try await scene.client.send("GET", url).status == 404, "\(path)")
            }
        }
    }

    @Test("a provider that is down makes neither the start nor readiness fail")
    func providerDown() async throws {
        try await BrowserScene.run { scene async throws in
            scene.server.provider.script(.closeConnection, on: .discovery, times: 100)
            let ready = try await scene.client.send("GET", scene.server.managementURL + "/health/ready")
            #expect(ready.status == 200)
            #expect(try await scene.open().status == 200)
        }
    }

    @Test("RFC 6750: administration needs its token, and without a configured one there is none")
    func administration() async throws {
        try await BrowserScene.run { scene async throws in
            let url = scene.server.managementURL + "/admin/audit"
            let none = try await scene.client.send("GET", url)
            #expect(none.status == 401)
            #expect(none.header("www-authenticate") == "Bearer")
            for value in ["Bearer wrong", "Basic YTpi", "Bearer", "Bearer admin-token-for-tests x", "bearer  "] {
                let answer = try await scene.client.send("GET", url, headerFields: [("authorization", value)])
                #expect(answer.status == 401, "\(value)")
            }
            let inQuery = try await scene.client.send("GET", url + "?access_token=admin-token-for-tests")
            #expect(inQuery.status == 401)
            let right = [(name: "authorization", value: "Bearer admin-token-for-tests")]
            #expect(try await scene.client.send("GET", url, headerFields: right).status == 200)
        }
        func configure(_ configuration: inout Configuration) { configuration.management.adminToken = nil }
        try await BrowserScene.run(configure: configure) { scene async throws in
            let right = [(name: "authorization", value: "Bearer admin-token-for-tests")]
            let url = scene.server.managementURL + "/admin/audit"
            #expect(try await scene.client.send("GET", url, headerFields: right).status == 404)
        }
    }

    @Test("metrics are Prometheus text: every line a type or a sample, every sample under its type")
    func metricsFormat() async throws {
        try await BrowserScene.run { scene async throws in
            _ = try await scene.authorize()
            _ = try await scene.open(["client_id": "x"])
            _ = try await scene.client.send("GET", "/nothing")
            let page = try await scene.browser.get(scene.server.managementURL + "/metrics")
            #expect(page.status == 200)
            #expect(page.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
            #expect(page.text.hasSuffix("\n"))
            let sample = /([a-z_]+)(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? (-?[0-9.]+(e-?[0-9]+)?)/
            var types: [String: String] = [:]
            for line in page.text.split(separator: "\n") {
                let words = line.split(separator: " ")
                if line.hasPrefix("# TYPE ") {
                    #expect(words.count == 4)
                    #expect(types[String(words[2])] == nil, "\(line)")
                    types[String(words[2])] = String(words[3])
                    continue
                }
                let match = try #require(line.wholeMatch(of: sample), "\(line)")
                var family = String(match.1)
                for suffix in ["_bucket", "_sum", "_count"]
                where family.hasSuffix(suffix) && types[String(family.dropLast(suffix.count))] == "histogram" {
                    family = String(family.dropLast(suffix.count))
                }
                #expect(types[family] != nil, "\(line)")
                #expect(family.hasPrefix("gatehouse_"), "\(line)")
            }
            for (name, type) in [
                ("gatehouse_http_requests_total", "counter"), ("gatehouse_http_request_seconds", "histogram"),
                ("gatehouse_authorizations_total", "counter"), ("gatehouse_consent_total", "counter"),
                ("gatehouse_upstream_logins_total", "counter"), ("gatehouse_clients", "gauge"),
                ("gatehouse_http_open_connections", "gauge"),
            ] {
                #expect(types[name] == type, "\(name)")
            }
        }
    }

    @Test("the numbers count what happened, and no label is a client, a user or a path (D-25)")
    func metricsValues() async throws {
        try await BrowserScene.run { scene async throws in
            _ = try await scene.authorize()
            _ = try await scene.answer(try await scene.ticket(), "deny")
            _ = try await scene.open(["response_type": "token"])
            _ = try await scene.open(["client_id": "unknown-client"])
            _ = try await scene.client.send("GET", "/no-such-path")
            let numbers = try await scene.metrics()
            #expect(numbers[#"gatehouse_authorizations_total{result="consent_page"}"#] == 2)
            #expect(numbers[#"gatehouse_authorizations_total{result="code"}"#] == 1)
            #expect(numbers[#"gatehouse_authorizations_total{result="unsupported_response_type"}"#] == 1)
            #expect(numbers[#"gatehouse_authorizations_total{result="page_error"}"#] == 1)
            #expect(numbers[#"gatehouse_consent_total{decision="approved"}"#] == 1)
            #expect(numbers[#"gatehouse_consent_total{decision="denied"}"#] == 1)
            #expect(numbers[#"gatehouse_upstream_logins_total{upstream="corp",result="success"}"#] == 1)
            #expect(numbers[#"gatehouse_http_requests_total{route="unmatched",status="4xx"}"#] == 1)
            #expect(numbers["gatehouse_users"] == 1)
            #expect(numbers["gatehouse_connections"] == 1)
            #expect(numbers["gatehouse_authorization_codes"] == 1)
            let text = try await scene.browser.get(scene.server.managementURL + "/metrics").text
            for word in [scene.client.id, "unknown-client", "\"ada\"", "no-such-path", "127.0.0.1"] {
                #expect(!text.contains(word), "\(word)")
            }
        }
    }
}

@Suite("OM-2: one log line per request, one audit event per decision")
struct TrailTests {
    @Test("every request has one line with route, status and source, and those that match nothing have one too")
    func logLines() async throws {
        try await BrowserScene.run { scene async throws in
            func lines() -> [String] { scene.server.log.all.filter { $0.hasPrefix("info request ") } }
            let before = lines().count
            _ = try await scene.open()
            _ = try await scene.open(["client_id": "x"])
            _ = try await scene.client.send("GET", "/nothing")
            _ = try await scene.client.send("DELETE", "/oauth/token")
            let new = lines().dropFirst(before)
            #expect(new.count == 4)
            let expected = [("authorize", "200"), ("authorize", "400"), ("unmatched", "404"), ("unmatched", "405")]
            for (line, (route, status)) in zip(new, expected) {
                #expect(line.contains(route), "\(line)")
                #expect(line.contains(status), "\(line)")
                #expect(line.contains("127.0.0.1"), "\(line)")
            }
        }
    }

    @Test("registration, consent and authorization each leave one event that says who and what")
    func auditEvents() async throws {
        try await BrowserScene.run { scene async throws in
            let answer = try await scene.authorize()
            #expect(answer["code"] != nil)
            let registered = try #require(try scene.auditEvents("client.registered").first)
            #expect(registered["client_id"]?.stringValue == scene.client.id)
            #expect(registered["redirect_uris"]?.stringArrayValue == [scene.client.redirectURI])
            let approved = try #require(try scene.auditEvents("consent.approved").first)
            #expect(approved["client_id"]?.stringValue == scene.client.id)
            #expect(approved["resource"]?.stringValue == TestServer.resource)
            #expect(approved["scope"]?.stringValue == "mcp:read offline_access")
            let granted = try #require(try scene.auditEvents("authorization.granted").first)
            #expect(granted["client_id"]?.stringValue == scene.client.id)
            #expect(granted["sub"]?.stringValue?.isEmpty == false)
            #expect(granted["tsid"]?.stringValue?.isEmpty == false)
            for name in ["client.registered", "consent.approved", "authorization.granted"] {
                let events = try scene.auditEvents(name)
                #expect(events.count == 1, "\(name)")
                #expect(events[0]["time"]?.stringValue == "2026-11-23T08:00:00.000Z", "\(name)")
                #expect(events[0]["source"]?.stringValue == "127.0.0.1", "\(name)")
                #expect(events[0]["request_id"]?.stringValue?.isEmpty == false, "\(name)")
            }
        }
    }

    @Test("the management listener shows the tail, and as much of it as was asked for")
    func tail() async throws {
        try await BrowserScene.run { scene async throws in
            _ = try await scene.authorize()
            let authorization = [(name: "authorization", value: "Bearer admin-token-for-tests")]
            func lines(_ query: String) async throws -> [String] {
                let url = scene.server.managementURL + "/admin/audit" + query
                let page = try await scene.browser.get(url, headerFields: authorization)
                #expect(page.status == 200)
                #expect(page.header("content-type") == "application/jsonl")
                return page.text.split(separator: "\n").map(String.init)
            }
            let all = try await lines("")
            #expect(all == scene.server.auditLog.all.map { String($0.dropLast()) })
            #expect(try await lines("?count=1") == Array(all.suffix(1)))
            #expect(try await lines("?count=0").isEmpty)
            #expect(try await lines("?count=-5").isEmpty)
            #expect(try await lines("?count=999999999999999999999") == all)
            for wrong in ["count=1&count=2", "count=many", "count=1.5"] {
                let url = scene.server.managementURL + "/admin/audit?" + wrong
                #expect(try await scene.browser.get(url, headerFields: authorization).status == 400)
            }
        }
    }
}
