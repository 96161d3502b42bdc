import AuthorizationServer
import HTTPTypes
import OAuthClientKit
import OAuthProtocol
import OAuthState
import ServerConfiguration
import SocketHTTP
import Testing

@testable import ServerCommand

@Suite("The control plane of gatehouse dev")
struct ControlPlaneTests {
    @Test("Nothing is answered without the token, or to a web page, whatever the verb")
    func guarded() async throws {
        try await ControlScene.run { (scene) async throws in
            let right = "Bearer \(scene.deployment.control.token)"
            for (method, path) in [("GET", "/clock"), ("POST", "/sessions"), ("POST", "/tokens"), ("POST", "/reset")] {
                let without = try await scene.send(method, path, fields: [])
                #expect(without.status == 401 && without.error == "unauthorized")
                for value in ["Bearer ", "Bearer wrong", "bearer x", right + "x", "Basic \(right)"] {
                    let wrong = try await scene.send(method, path, fields: [("authorization", value)])
                    #expect(wrong.status == 401)
                }
                let twice = try await scene.send(
                    method,
                    path,
                    fields: [("authorization", right), ("authorization", right)]
                )
                #expect(twice.status == 401)
                let page = try await scene.send(
                    method,
                    path,
                    fields: [("authorization", right), ("origin", "https://evil.example")]
                )
                #expect(page.status == 403)
                let fetch = try await scene.send(
                    method,
                    path,
                    fields: [("authorization", right), ("sec-fetch-site", "cross-site")]
                )
                #expect(fetch.status == 403)
            }
            // The administrator's token is not valid here.
            let admin = try await scene.send(
                "GET",
                "/clock",
                fields: [("authorization", "Bearer \(scene.deployment.adminToken)")]
            )
            #expect(admin.status == 401)
        }
    }

    @Test(
        "A page whose own name points to loopback is refused, because its name is in Host",
        arguments: [
            ("evil.example:80", 421), ("localhost.evil.example", 421), ("127.0.0.1:7", 200), ("localhost:1", 200),
        ]
    )
    func rebinding(host: String, status: Int) async throws {
        let verb = ControlVerb(method: .get, path: "/control/x", summary: "X.") { (_) async throws(ControlRefusal) in
            [:]
        }
        var fields: HTTPFields = [.authorization: "Bearer token"]
        fields[try #require(HTTPField.Name("host"))] = host
        let answer = await ControlPlane.responder([verb], token: "token")
            .respond(to: Request(method: .get, path: "/control/x", fields: fields))
        #expect(answer.status.code == status)
    }

    @Test("It is on a listener of its own on loopback; the public and the management listener have no such path")
    func ownListener() async throws {
        try await ControlScene.run { (scene) async throws in
            let control = try #require(URIReference(scene.deployment.control.url))
            #expect(control.host == "127.0.0.1")
            let token = [(name: "authorization", value: "Bearer \(scene.deployment.control.token)")]
            let management = try #require(scene.deployment.server.managementAddress)
            for base in [scene.client.issuer, "http://\(management)"] {
                let answer = try await scene.client.send("GET", base + "/control/clock", headerFields: token)
                #expect(answer.status == 404)
            }
        }
    }

    @Test("A parameter that is misspelt, of another type or malformed is refused, and nothing happens")
    func parameters() async throws {
        try await ControlScene.run { (scene) async throws in
            let bodies: [(String, JSONObject)] = [
                ("/sessions", ["usr": "ada"]), ("/sessions", ["user": 1]), ("/sessions", ["scopes": "mcp:read"]),
                ("/tokens", ["defect": "crooked"]), ("/tokens", ["lifetime": 0]), ("/tokens", ["claims": "x"]),
                ("/clock", [:]), ("/clock", ["now": 1, "advance": 1]), ("/clock", ["advance": -1]),
                ("/users", [:]), ("/users", ["subject": "a b"]), ("/users", ["subject": "a/b"]),
                ("/faults", [:]), ("/faults", ["fault": "token-503", "preset": "outage"]),
                ("/faults", ["fault": "token-503", "times": 0]), ("/faults", ["preset": "mild"]),
                ("/faults", ["fault": "bad-nonce", "endpoint": "/jwks"]),
                ("/end", [:]), ("/end", ["session": "a", "user": "b"]), ("/disconnect", [:]), ("/revoke", [:]),
                ("/keys/rotate", ["keep_old": true]), ("/reset", ["all": true]),
                ("/clients", ["method": "private_key_jwt"]), ("/clients", ["redirect_uris": "x"]), ("/resources", [:]),
                ("/upstreams", [:]), ("/upstreams", ["name": "Git"]),
                ("/upstreams", ["name": "git", "preset": "gitlab"]),
                ("/upstreams", ["name": "dev"]), ("/holds", ["times": 0]), ("/holds", ["endpoint": "/nowhere"]),
                ("/servers", ["resources": "x"]),
                ("/servers", ["upstreams": ["a=b"]]), ("/servers", ["upstreams": ["a", "a"]]),
                ("/servers", ["config": ["tokns": [:]]]), ("/servers", ["config": ["issuer": "http://127.0.0.1:1"]]),
                ("/servers", ["resources": ["no-uri"]]),
            ]
            for (path, body) in bodies {
                let answer = try await scene.send("POST", path, body)
                #expect(answer.status == 400 && !answer.description.isEmpty, "\(path) \(body.serializedString())")
            }
            for query in ["?endpoint=/nowhere", "?count=1", "?upstream=dev&upstream=dev", "?count=x&endpoint=/token"] {
                let answer = try await scene.send("GET", "/requests" + query)
                #expect(answer.status == 400, "\(query)")
            }
            let unknown: [(String, JSONObject)] = [
                ("/sessions", ["user": "mallory"]), ("/sessions", ["resource": "https://other.example/mcp"]),
                ("/tokens", ["resource": "https://other.example/mcp"]), ("/faults", ["fault": "gremlin"]),
                ("/faults", ["fault": "token-503", "upstream": "x"]), ("/revoke", ["user": "mallory"]),
                ("/keys/rotate", ["upstream": "x"]), ("/disconnect", ["user": "u_nobody"]), ("/end", ["session": "x"]),
                ("/holds", ["upstream": "x"]),
            ]
            for (path, body) in unknown {
                let answer = try await scene.send("POST", path, body)
                #expect(answer.status == 404, "\(path) \(body.serializedString()) \(answer.json.serializedString())")
            }
            #expect(try await scene.send("DELETE", "/users/mallory").status == 404)
            #expect(try await scene.send("PUT", "/clock").status == 405)
            #expect(try await scene.send("GET", "/nowhere").status == 404)
        }
    }

    @Test("The description has every verb, and every verb in it exists")
    func description() async throws {
        try await ControlScene.run { (scene) async throws in
            let document = try await scene.send("GET", "/openapi.json")
            let paths = try #require(document["paths"]?.objectValue)
            #expect(paths.count == 21)
            for (path, item) in paths.members {
                for method in item.objectValue?.names ?? [] {
                    let relative = String(path.dropFirst(ControlPlane.path.count))
                        .replacing("{subject}", with: "x").replacing("{id}", with: "x").replacing("{name}", with: "x")
                    let answer = try await scene.send(method.uppercased(), relative, fields: [])
                    #expect(answer.status == 401, "\(method) \(path)")
                }
            }
        }
    }

    @Test("A session without a browser: its tokens live, refresh, and retrieve the upstream's token")
    func session() async throws {
        try await ControlScene.run { (scene) async throws in
            let session = try await scene.session(["user": "grace"])
            #expect(try await scene.isActive(session.text("access_token")) == true)
            #expect(try await scene.exchange(session.text("access_token")).status == 200)
            var client = scene.client
            client.id = session.text("client_id")
            #expect(try await client.refresh(session.text("refresh_token")).status == 200)
            #expect(session["claims"]?.objectValue?["aud"]?.stringValue == scene.deployment.resource)
            let narrow = try await scene.session(["scopes": ["mcp:read"]])
            #expect(narrow["scope"]?.stringValue == "mcp:read")
        }
    }

    @Test("A minted token is accepted when it is right, and refused with every defect", arguments: [true, false])
    func mint(isRight: Bool) async throws {
        try await ControlScene.run { (scene) async throws in
            guard !isRight else {
                let right = try await scene.send("POST", "/tokens", ["subject": "robot", "lifetime": 60])
                #expect(right.status == 200)
                #expect(try await scene.isActive(right.text("access_token")) == true)
                let changed = try await scene.send("POST", "/tokens", ["claims": ["sub": "x", "jti": .null, "n": 1]])
                #expect(changed["claims"]?.objectValue?["n"]?.integerValue == 1)
                #expect(changed["claims"]?.objectValue?["jti"] == nil)
                #expect(try await scene.isActive(changed.text("access_token")) == false)
                return
            }
            for defect in TokenMint.Defect.allCases {
                let minted = try await scene.send("POST", "/tokens", ["defect": .string(defect.rawValue)])
                #expect(minted.status == 200)
                #expect(try await scene.isActive(minted.text("access_token")) == false, "\(defect.rawValue)")
            }
        }
    }
}
