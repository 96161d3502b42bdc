import AuthorizationServer
import AuthorizationServerTesting
import OAuthClientKit
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("OM-2: every change by an administrator is on record, with the operator")
struct VerbRecordTests {
    /// What a login left, for verbs to name.
    private struct Rows {
        let sub: String
        let tsid: String
        let client: String
        let connection: String
        let kid: String

        init(_ scene: BrowserScene) async throws {
            let code = try #require(try await scene.authorize()["code"])
            let tokens = try await scene.client.redeem(code)
            let payload = try CompactJWS(parsing: try #require(tokens["access_token"])).payload
            let claims = try JSONParser.parseObject(payload)
            sub = try #require(claims["sub"]?.stringValue)
            tsid = try #require(claims["tsid"]?.stringValue)
            client = scene.client.id
            let user = try #require(UserID(sub))
            let stores = scene.server.server.stores
            let first = await stores.vault.connections(of: user).first
            connection = try #require(first?.id.text)
            let keys = await stores.keys.generation().signingKeys
            let active = keys.first { $0.state == .active && $0.purpose == .accessToken }
            kid = try #require(active?.key.keyID)
        }
    }

    /// A request of an operator.
    private struct Call {
        let method: String
        let path: String
        let mediaType: String
        let body: [UInt8]

        init(_ method: String, _ path: String, form: [(String, String)] = []) {
            self.method = method
            self.path = path
            mediaType = "application/x-www-form-urlencoded"
            body = Array(FormParameters.serialize(form).utf8)
        }

        init(_ method: String, _ path: String, json: JSONObject) {
            self.method = method
            self.path = path
            mediaType = "application/json"
            body = json.serialized()
        }

        func send(to scene: BrowserScene) async throws -> OAuthTestClient.Answer {
            var fields = [
                (name: "authorization", value: "Bearer \(scene.server.adminToken)"),
                (name: "x-gatehouse-operator", value: "eve"),
            ]
            if !body.isEmpty { fields.append((name: "content-type", value: mediaType)) }
            let url = scene.server.managementURL + path
            return try await scene.client.send(method, url, headerFields: fields, body: body)
        }
    }

    /// The requests that use a verb, the last of which changes something.
    private static func calls(_ verb: String, _ rows: Rows) -> [Call]? {
        let block = [("kind", "client"), ("value", rows.client)]
        switch verb {
        case "POST /admin/keys/rotate": return [Call("POST", "/admin/keys/rotate?force=true")]
        case "POST /admin/vault-key/rotate", "POST /admin/reload", "POST /admin/snapshot":
            return [Call("POST", String(verb.dropFirst("POST ".count)))]
        case "PUT /admin/users/{id}/connections/corp":
            let tokens: JSONObject = ["account": "deposited", "access_token": "t"]
            return [Call("PUT", "/admin/users/\(rows.sub)/connections/corp", json: tokens)]
        case "POST /admin/users/{id}/sign-out": return [Call("POST", "/admin/users/\(rows.sub)/sign-out")]
        case "DELETE /admin/connections/{id}": return [Call("DELETE", "/admin/connections/\(rows.connection)")]
        case "DELETE /admin/upstreams/{name}/connections":
            return [Call("DELETE", "/admin/upstreams/corp/connections")]
        case "DELETE /admin/sessions/{tsid}": return [Call("DELETE", "/admin/sessions/\(rows.tsid)")]
        case "POST /admin/end-all": return [Call("POST", "/admin/end-all", form: [("user", rows.sub)])]
        case "DELETE /admin/consents": return [Call("DELETE", "/admin/consents?user=\(rows.sub)")]
        case "DELETE /admin/clients": return [Call("DELETE", "/admin/clients?id=\(rows.client)")]
        case "POST /admin/block": return [Call("POST", "/admin/block", form: block)]
        case "POST /admin/unblock":
            return [Call("POST", "/admin/block", form: block), Call("POST", "/admin/unblock", form: block)]
        case "DELETE /admin/keys/{kid}": return [Call("DELETE", "/admin/keys/\(rows.kid)")]
        default: return nil
        }
    }

    private static func run(_ body: (BrowserScene) async throws -> Void) async throws {
        try await BrowserScene.run(
            redirectURIs: ["https://client.example.com/cb"],
            configure: { $0.consent = .remember },
            body
        )
    }

    /// Every verb of the description that is not a GET, with its method.
    private static func changingVerbs() async throws -> [String] {
        var verbs: [String] = []
        try await run { scene in
            let answer = try await Call("GET", "/admin/openapi.json").send(to: scene)
            let paths = try #require(answer.json["paths"]?.objectValue)
            for (path, item) in paths.members {
                let methods = item.objectValue?.names.filter { $0 != "get" } ?? []
                verbs += methods.map { "\($0.uppercased()) \(path)" }
            }
        }
        return verbs
    }

    @Test("every verb of the description that changes something leaves an event that names its operator")
    func everyVerb() async throws {
        let verbs = try await Self.changingVerbs()
        #expect(verbs.count >= 15)
        for verb in verbs {
            try await Self.run { scene in
                let rows = try await Rows(scene)
                let calls = try #require(Self.calls(verb, rows), "this test does not know \(verb)")
                for call in calls.dropLast() { #expect(try await call.send(to: scene).status == 200, "\(verb)") }
                let count = scene.server.auditLog.all.count
                let last = try #require(calls.last)
                #expect(try await last.send(to: scene).status == 200, "\(verb)")
                let events = scene.server.auditLog.all.dropFirst(count)
                #expect(events.contains { $0.contains(#""by":"administrator:eve""#) }, "\(verb)")
            }
        }
    }

    @Test("a verb that is refused leaves no event that says it was done")
    func refused() async throws {
        try await Self.run { scene in
            let rows = try await Rows(scene)
            let body: JSONObject = ["account": "deposited"]
            let incomplete = Call("PUT", "/admin/users/\(rows.sub)/connections/corp", json: body)
            #expect(try await incomplete.send(to: scene).status == 400)
            #expect(try await Call("DELETE", "/admin/connections/nonsense").send(to: scene).status == 404)
            #expect(!scene.server.auditLog.all.contains { $0.contains(#""by":"administrator"#) })
        }
    }
}
