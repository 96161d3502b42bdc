import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import Testing

@Suite("Operators see and end sessions")
struct EndingVerbTests {
    @Test("one session: listed, shown, ended with its tokens, and recorded with the operator")
    func oneSession() async throws {
        try await OperatorScene.run { scene in
            let tokens = try await scene.client.tokens(at: scene.server)
            let listed = try await scene.rows("/admin/sessions", "sessions")
            #expect(listed.count == 1)
            let tsid = try #require(listed.first?["tsid"]?.stringValue)
            #expect(listed.first?["sub"]?.stringValue == (try scene.subject(tokens)))
            #expect(try await scene.ask("GET", "/admin/sessions/\(tsid)").status == 200)
            #expect(try await scene.ask("DELETE", "/admin/sessions/\(tsid)").status == 200)
            #expect(try await scene.ask("DELETE", "/admin/sessions/\(tsid)").status == 404)
            #expect(try await scene.ask("GET", "/admin/sessions/nonsense").status == 404)
            let access = try #require(tokens["access_token"])
            #expect(try await scene.client.introspect(access).json["active"] == false)
            #expect(try await scene.client.refresh(try #require(tokens["refresh_token"])).error == "invalid_grant")
            let events = scene.events("session.ended")
            #expect(events.count == 1 && events[0].contains(tsid))
            #expect(events[0].contains(#""by":"administrator:eve""#))
        }
    }

    @Test("all of a user, and no other user's; the list pages by id")
    func ofUser() async throws {
        try await OperatorScene.run { scene in
            let ada = [
                try await scene.client.tokens(at: scene.server), try await scene.client.tokens(at: scene.server),
            ]
            let grace = try await scene.client.tokens(at: scene.server, as: "grace")
            let first = try await scene.ask("GET", "/admin/sessions?limit=2")
            let next = try #require(first["next"])
            #expect(try await scene.rows("/admin/sessions?limit=2&after=\(next)", "sessions").count == 1)
            let sub = try scene.subject(ada[0])
            let users = try await scene.rows("/admin/users?text=ADA", "users")
            #expect(users.count == 1 && users[0]["sub"]?.stringValue == sub && users[0]["sessions"]?.integerValue == 2)
            let ended = try await scene.ask("POST", "/admin/end-all", [("user", sub)])
            #expect(ended.status == 200 && ended.integer("sessions") == 2)
            for tokens in ada {
                #expect(try await scene.client.refresh(tokens["refresh_token"] ?? "").error == "invalid_grant")
            }
            #expect(try await scene.client.refresh(grace["refresh_token"] ?? "").status == 200)
            #expect(scene.events("session.ended").count == 2)
            #expect(scene.events("administration.ended_all").count == 1)
        }
    }

    @Test("a code that has not been redeemed ends with its user's sessions")
    func pendingCode() async throws {
        try await OperatorScene.run { scene in
            let sub = try scene.subject(try await scene.client.tokens(at: scene.server))
            let browser = TestBrowser(transport: scene.server.transport)
            let code = try #require(try await scene.client.authorize(with: browser, at: scene.server)["code"])
            #expect(try await scene.ask("POST", "/admin/end-all", [("user", sub)]).status == 200)
            #expect(try await scene.client.redeem(code).error == "invalid_grant")
        }
    }

    @Test("all of a client, and all that began before a time")
    func ofClientAndTime() async throws {
        try await OperatorScene.run { scene in
            let other = try await OAuthTestClient.registered(at: scene.server)
            let early = try await scene.client.tokens(at: scene.server)
            let foreign = try await other.tokens(at: scene.server)
            scene.server.advance(by: .seconds(600))
            let late = try await scene.client.tokens(at: scene.server)
            let moment = scene.server.clock.now().secondsSinceEpoch - 300
            let ended = try await scene.ask(
                "POST",
                "/admin/end-all",
                [("client", scene.client.id), ("before", String(moment))]
            )
            #expect(ended.integer("sessions") == 1)
            #expect(try await scene.client.refresh(early["refresh_token"] ?? "").error == "invalid_grant")
            #expect(try await scene.client.refresh(late["refresh_token"] ?? "").status == 200)
            #expect(try await other.refresh(foreign["refresh_token"] ?? "").status == 200)
        }
    }

    @Test("all that use a connection at an upstream")
    func ofUpstream() async throws {
        try await OperatorScene.run { scene in
            let tokens = try await scene.client.tokens(at: scene.server)
            let none = try await scene.ask("POST", "/admin/end-all", [("upstream", "elsewhere")])
            #expect(none.status == 200 && none.integer("sessions") == 0)
            let ended = try await scene.ask("POST", "/admin/end-all", [("upstream", TestServer.upstream)])
            #expect(ended.integer("sessions") == 1)
            #expect(try await scene.client.refresh(tokens["refresh_token"] ?? "").error == "invalid_grant")
        }
    }

    @Test("a request without a session to end, or with a malformed one, ends nothing")
    func refusals() async throws {
        try await OperatorScene.run { scene in
            let tokens = try await scene.client.tokens(at: scene.server)
            let forms: [[(String, String)]] = [
                [], [("user", "ada")], [("before", "yesterday")], [("user", "")], [("client", "a"), ("client", "b")],
            ]
            for form in forms {
                #expect(try await scene.ask("POST", "/admin/end-all", form).status == 400, "\(form)")
            }
            for query in ["limit=0", "limit=1001", "limit=x", "user=ada", "after=x", "limit=1&limit=2"] {
                #expect(try await scene.ask("GET", "/admin/sessions?\(query)").status == 400, "\(query)")
            }
            #expect(try await scene.ask("POST", "/admin/end-all", [("client", "x")], token: "wrong").status == 401)
            #expect(try await scene.client.refresh(tokens["refresh_token"] ?? "").status == 200)
        }
    }

    @Test("a client is removed with its sessions")
    func removedClient() async throws {
        try await OperatorScene.run { scene in
            let tokens = try await scene.client.tokens(at: scene.server)
            let clients = try await scene.rows("/admin/clients", "clients")
            #expect(clients.contains { $0["client_id"]?.stringValue == scene.client.id })
            let removed = try await scene.ask("DELETE", "/admin/clients?id=\(scene.client.id)")
            #expect(removed.status == 200 && removed.integer("sessions") == 1)
            #expect(try await scene.client.refresh(tokens["refresh_token"] ?? "").error == "invalid_client")
            #expect(try await scene.ask("GET", "/admin/clients?id=\(scene.client.id)").status == 404)
            #expect(scene.events("client.removed").count == 1)
        }
    }

    @Test("a withdrawn key is not published, and nothing that it signed is accepted")
    func withdrawnKey() async throws {
        try await OperatorScene.run { scene in
            let tokens = try await scene.client.tokens(at: scene.server)
            let access = try #require(tokens["access_token"])
            #expect(try await scene.client.introspect(access).json["active"] == true)
            let keys = try await scene.rows("/admin/keys", "keys")
            let signing = try #require(
                keys.first { $0["state"]?.stringValue == "active" && $0["use"]?.stringValue == "access_token" }
            )
            let kid = try #require(signing["kid"]?.stringValue)
            #expect(try await scene.ask("DELETE", "/admin/keys/\(kid)").status == 200)
            #expect(try await scene.ask("DELETE", "/admin/keys/\(kid)").status == 404)
            #expect(try await !scene.rows("/admin/keys", "keys").contains { $0["kid"]?.stringValue == kid })
            let published = try await scene.client.send("GET", "/.well-known/jwks.json").json.serialized()
            #expect(!String(decoding: published, as: UTF8.self).contains(kid))
            #expect(try await scene.client.introspect(access).json["active"] == false)
            let refreshed = try await scene.client.refresh(try #require(tokens["refresh_token"]))
            #expect(refreshed.status == 200)
            #expect(try await scene.client.introspect(refreshed["access_token"] ?? "").json["active"] == true)
            #expect(scene.events("signing_key.withdrawn").count == 1)
        }
    }

    @Test("the description has every verb, and every verb needs the token")
    func description() async throws {
        try await OperatorScene.run { scene in
            let document = try await scene.ask("GET", "/admin/openapi.json").json
            guard case .object(let paths)? = document["paths"] else {
                Issue.record("no paths")
                return
            }
            #expect(paths.count >= 14)
            for (path, item) in paths.members {
                guard case .object(let operations) = item else { continue }
                let concrete = path.replacing(/\{[a-z]+\}/, with: "x")
                for (method, _) in operations.members {
                    let answer = try await scene.ask(method.uppercased(), concrete, token: "wrong")
                    #expect(answer.status == 401, "\(method) \(path)")
                }
            }
            #expect(try await scene.ask("GET", "/admin/status").integer("users") == 0)
        }
    }
}
