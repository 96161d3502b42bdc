import AuthorizationServer
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import OAuthState
import Testing

@testable import ServerCommand

@Suite("What the control plane does to a running server")
struct ControlEffectTests {
    @Test("The clock can be read, set, advanced, stopped and continued, and tokens expire by it")
    func clock() async throws {
        try await ControlScene.run { (scene) async throws in
            let session = try await scene.session()
            let before = try #require(try await scene.send("GET", "/clock")["now"]?.integerValue)
            let after = try await scene.send("POST", "/clock", ["advance": 7200, "frozen": true])
            let now = try #require(after["now"]?.integerValue)
            #expect((7200...7260).contains(now - before) && after["frozen"]?.boolValue == true)
            #expect(try await scene.send("GET", "/clock")["now"]?.integerValue == now)
            #expect(try await scene.isActive(session.text("access_token")) == false)
            let set = try await scene.send("POST", "/clock", ["now": 2_000_000_000])
            #expect(set["now"]?.integerValue == 2_000_000_000)
            let fresh = try await scene.session()
            #expect(fresh["claims"]?.objectValue?["iat"]?.integerValue == 2_000_000_000)
            let running = try await scene.send("POST", "/clock", ["frozen": false])
            #expect(running["frozen"]?.boolValue == false)
        }
    }

    @Test("Users are added, shown to the client, replaced and removed")
    func users() async throws {
        try await ControlScene.run { (scene) async throws in
            let added = try await scene.send(
                "POST",
                "/users",
                ["subject": "linus", "name": "Linus", "claims": ["groups": ["kernel"]]]
            )
            #expect(added.status == 200)
            _ = try await scene.session(["user": "linus"])
            let names = try await scene.send("GET", "/users")["users"]?.arrayValue?.compactMap {
                $0.objectValue?["subject"]?.stringValue
            }
            #expect(names == ["ada", "grace", "linus"])
            #expect(try await scene.send("DELETE", "/users/linus").status == 200)
            #expect(try await scene.send("POST", "/sessions", ["user": "linus"]).status == 404)
        }
    }

    @Test("Faults hit one provider, are counted, and can be removed")
    func faults() async throws {
        let twoProviders: (inout DevelopmentOptions) -> Void = {
            $0.upstreams = [("corp", .standard), ("git", .githubApp)]
        }
        try await ControlScene.run(twoProviders) { (scene) async throws in
            let session = try await scene.session()
            let token = session.text("access_token")
            #expect(try await scene.exchange(token, "git").status == 200)
            let scripted = try await scene.send(
                "POST",
                "/faults",
                ["fault": "token-503", "upstream": "git", "times": 3]
            )
            #expect(scripted["endpoint"]?.stringValue == "/oauth2/token" && scripted["pending"]?.integerValue == 3)
            let pending = try await scene.send("GET", "/faults")["pending"]?.objectValue
            #expect(pending?["git"]?.objectValue?["/oauth2/token"]?.integerValue == 3)
            #expect(pending?["corp"]?.objectValue?.isEmpty == true)
            #expect(try await scene.send("DELETE", "/faults").status == 200)
            let none = try await scene.send("GET", "/faults")["pending"]?.objectValue
            #expect(none?["git"]?.objectValue?.isEmpty == true)
            let denied = try await scene.send("POST", "/faults", ["fault": "access-denied", "upstream": "corp"])
            #expect(denied.status == 200)
            let refused = try await scene.send("POST", "/sessions")
            #expect(refused.status == 400 && refused.error == "access_denied")
        }
    }

    @Test("Every chaos preset and every named fault can be scripted", arguments: ProviderPreset.allCases)
    func names(preset: ProviderPreset) async throws {
        let change: (inout DevelopmentOptions) -> Void = { $0.upstreams = [("p", preset)] }
        try await ControlScene.run(change) { (scene) async throws in
            let session = try await scene.session()
            #expect(try await scene.exchange(session.text("access_token")).status == 200)
            let known = try await scene.send("GET", "/faults")
            for name in known["presets"]?.stringArrayValue ?? [] {
                #expect(try await scene.send("POST", "/faults", ["preset": .string(name)]).status == 200, "\(name)")
            }
            guard !preset.isOAuth2 else { return }
            for name in known["faults"]?.stringArrayValue ?? [] {
                let fault = name.replacing("SECONDS", with: "1")
                #expect(try await scene.send("POST", "/faults", ["fault": .string(fault)]).status == 200, "\(name)")
            }
        }
    }

    @Test("Captured requests can be waited for, and contain no secret")
    func requests() async throws {
        try await ControlScene.run { (scene) async throws in
            let session = try await scene.session()
            let upstream = try await scene.exchange(session.text("access_token"))["access_token"] ?? "missing"
            let answer = try await scene.send("GET", "/requests?endpoint=/token&count=1")
            let rows = try #require(answer["requests"]?.arrayValue)
            let form = try #require(rows.first?.objectValue?["form"]?.objectValue)
            #expect(form["grant_type"]?.stringValue == "authorization_code")
            #expect(form["code"]?.stringValue == "<redacted>")
            let everything = try await scene.send("GET", "/requests").json.serializedString()
            for secret in scene.deployment.upstreams.map(\.upstream.secret) + [upstream] {
                #expect(!everything.contains(secret))
            }
            let late = try await scene.send("GET", "/requests?endpoint=/revoke&count=1&timeout=0")
            #expect(late.status == 408)
            #expect(try await scene.send("DELETE", "/requests").status == 200)
            #expect(try await scene.send("GET", "/requests")["requests"]?.arrayValue?.isEmpty == true)
        }
    }

    @Test("End, disconnect and revoke end what they name, and nothing else")
    func endings() async throws {
        try await ControlScene.run { (scene) async throws in
            let (ada, grace) = (try await scene.session(), try await scene.session(["user": "grace"]))
            let tsid = ada["claims"]?.objectValue?["tsid"]?.stringValue ?? ""
            #expect(try await scene.send("POST", "/end", ["session": .string(tsid)]).status == 200)
            #expect(try await scene.isActive(ada.text("access_token")) == false)
            #expect(try await scene.isActive(grace.text("access_token")) == true)
            let sub = grace["claims"]?.objectValue?["sub"] ?? ""
            let disconnected = try await scene.send("POST", "/disconnect", ["user": sub])
            #expect(disconnected["connections"]?.arrayValue?.count == 1)
            let refused = try await scene.exchange(grace.text("access_token"))
            #expect(refused.error == "interaction_required")
            let again = try await scene.session(["user": "grace"])
            #expect(try await scene.send("POST", "/end", ["user": sub])["sessions"]?.integerValue == 2)
            #expect(try await scene.isActive(again.text("access_token")) == false)
            #expect(try await scene.send("POST", "/revoke", ["user": "ada", "tokens": "all"]).status == 200)
        }
    }

    @Test("Keys rotate here and at the provider; tokens of the old key remain valid")
    func rotation() async throws {
        try await ControlScene.run { (scene) async throws in
            let session = try await scene.session()
            let kid = scene.deployment.server.keys.current.active.keyID
            let rotated = try await scene.send("POST", "/keys/rotate")
            #expect(rotated.status == 200 && rotated.text("kid") != kid)
            #expect(try await scene.isActive(session.text("access_token")) == true)
            let provider = try await scene.send("POST", "/keys/rotate", ["upstream": "dev", "keep_old": false])
            #expect(provider.status == 200)
            // The server bounds how often an unknown kid causes a fetch.
            _ = try await scene.send("POST", "/clock", ["advance": 3600])
            _ = try await scene.session()
        }
    }

    @Test("Reset ends everything and brings back real time, the usual users and a provider without faults")
    func reset() async throws {
        try await ControlScene.run { (scene) async throws in
            let session = try await scene.session()
            _ = try await scene.send("POST", "/clock", ["advance": 100_000])
            let later = try await scene.session()
            _ = try await scene.send("POST", "/users", ["subject": "linus"])
            _ = try await scene.send("POST", "/faults", ["preset": "outage"])
            let reset = try await scene.send("POST", "/reset")
            #expect(reset.status == 200, "\(reset.json.serializedString())")
            for token in [session, later] { #expect(try await scene.isActive(token.text("access_token")) == false) }
            #expect(try await scene.send("GET", "/requests")["requests"]?.arrayValue?.isEmpty == true)
            #expect(try await scene.send("GET", "/users")["users"]?.arrayValue?.count == 2)
            #expect(scene.deployment.provider.pendingFaultCount(on: .token) == 0)
            _ = try await scene.session()
        }
    }
}
