import AuthorizationServer
import OAuthProtocol
import Testing

@testable import ServerCommand

@Suite("What the control plane tells of server and providers")
struct ControlCaptureTests {
    @Test("The server's requests can be listed by route and waited for, and contain no secret")
    func serverRequests() async throws {
        try await ControlScene.run { (scene) async throws in
            let session = try await scene.session()
            _ = try await scene.exchange(session.text("access_token"))
            let tokens = try await scene.send("GET", "/requests/server?route=token&count=2")
            let rows = try #require(tokens["requests"]?.arrayValue).compactMap(\.objectValue)
            #expect(rows.count == 2)
            #expect(rows.allSatisfy { $0["route"]?.stringValue == "token" && $0["method"]?.stringValue == "POST" })
            #expect(rows.map { $0["status"]?.integerValue } == [200, 200])
            let all = try await scene.send("GET", "/requests/server")
            let routes = Set((all["requests"]?.arrayValue ?? []).compactMap { $0.objectValue?["route"]?.stringValue })
            #expect(routes.isSuperset(of: ["token", "authorize"]), "\(routes)")
            let everything = all.json.serializedString()
            for secret in [session.text("access_token"), session.text("refresh_token"), scene.deployment.adminToken] {
                #expect(!secret.isEmpty && !everything.contains(secret))
            }
            let late = try await scene.send("GET", "/requests/server?route=token&count=9&timeout=0")
            #expect(late.status == 408 && late.description.contains("2 requests"))
            #expect(try await scene.send("GET", "/requests/server?count=0").status == 400)
            #expect(try await scene.send("DELETE", "/requests").status == 200)
            #expect(try await scene.send("GET", "/requests/server")["requests"]?.arrayValue?.isEmpty == true)
        }
    }

    @Test("A wait for the server's request ends with it")
    func wait() async throws {
        try await ControlScene.run { (scene) async throws in
            let path = "/requests/server?route=introspect&count=1&timeout=60"
            async let waiting = scene.send("GET", path)
            _ = try await scene.isActive("no token")
            #expect(try await waiting["requests"]?.arrayValue?.count == 1)
        }
    }

    @Test("Reset forgets them, with the requests that it made itself")
    func reset() async throws {
        try await ControlScene.run { (scene) async throws in
            _ = try await scene.session()
            #expect(try await scene.send("POST", "/reset").status == 200)
            #expect(try await scene.send("GET", "/requests/server")["requests"]?.arrayValue?.isEmpty == true)
        }
    }

    @Test("The audit trail can be read, by event or whole, and contains no token")
    func audit() async throws {
        try await ControlScene.run { (scene) async throws in
            let session = try await scene.session()
            let issued = try await scene.send("GET", "/audit?event=token.issued")["events"]?.arrayValue
            #expect(issued?.count == 1)
            let client = issued?.first?.objectValue?["client_id"]?.stringValue
            #expect(client == session.text("client_id"))
            let all = try await scene.send("GET", "/audit")
            #expect((all["events"]?.arrayValue?.count ?? 0) > 1)
            #expect(!all.json.serializedString().contains(session.text("access_token")))
            #expect(try await scene.send("GET", "/audit?event=no.such")["events"]?.arrayValue?.isEmpty == true)
            #expect(try await scene.send("DELETE", "/requests").status == 200)
            #expect(try await scene.send("GET", "/audit")["events"]?.arrayValue?.isEmpty == true)
        }
    }

    @Test("Only the newest audit events are kept, in their order")
    func auditBound() {
        let audit = DevelopmentAudit()
        for number in 0..<DevelopmentAudit.lineCountMax + 3 {
            _ = audit.sink.write(Array(#"{"event":"e","n":\#(number)}"#.utf8))
        }
        let events = audit.events("e").compactMap { $0.objectValue?["n"]?.integerValue }
        #expect(events.count == DevelopmentAudit.lineCountMax && events.first == 3)
        #expect(events.last == DevelopmentAudit.lineCountMax + 2 && events == events.sorted())
        audit.clear()
        #expect(audit.events(nil).isEmpty)
    }

    @Test("The providers are listed with their presets, and count their requests")
    func upstreams() async throws {
        let change: (inout DevelopmentOptions) -> Void = {
            $0.upstreams = [("corp", .standard), ("github", .githubNoExpiry)]
        }
        try await ControlScene.run(change) { (scene) async throws in
            _ = try await scene.session()
            let rows = try await scene.send("GET", "/upstreams")["upstreams"]?.arrayValue?.compactMap(\.objectValue)
            #expect(rows?.map { $0["name"]?.stringValue } == ["corp", "github"])
            #expect(rows?.map { $0["preset"]?.stringValue } == ["standard", "github-no-expiry"])
            #expect(rows?.allSatisfy { ($0["requests"]?.integerValue ?? 0) > 0 } == true)
            #expect(rows?.map { $0["issuer"]?.stringValue } == scene.deployment.upstreams.map(\.upstream.issuer))
        }
    }

    @Test("Two servers in one process share nothing: sessions, users, time, faults, captured requests")
    func isolation() async throws {
        try await ControlScene.run { (one) async throws in
            try await ControlScene.run { (other) async throws in
                let session = try await one.session()
                let token = session.text("access_token")
                #expect(try await one.isActive(token) == true)
                #expect(try await other.isActive(token) == false)
                #expect(try await one.send("POST", "/users", ["subject": "lin"]).status == 200)
                #expect(try await other.send("POST", "/sessions", ["user": "lin"]).status == 404)
                #expect(try await one.send("POST", "/clock", ["now": 2_000_000_000, "frozen": true]).status == 200)
                #expect(try await other.send("GET", "/clock")["now"]?.integerValue != 2_000_000_000)
                #expect(try await one.send("POST", "/faults", ["fault": "token-503", "times": 5]).status == 200)
                #expect(try await other.session().status == 200)
                #expect(try await one.send("POST", "/reset").status == 200)
                #expect(try await other.send("GET", "/requests?endpoint=/token&count=1").status == 200)
                let wrong = [("authorization", "Bearer \(one.deployment.control.token)")]
                #expect(
                    try await other.send("GET", "/clock", fields: wrong.map { (name: $0.0, value: $0.1) }).status == 401
                )
            }
        }
    }
}
