import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

/// SSF 1.0 §7 and §8.1: metadata of the transmitter, and streams as their receivers make, change and drop them.
@Suite("Shared Signals: streams")
struct EventStreamTests {
    @Test("§7.1: the metadata names what there is, and OpenAPI describes it")
    func metadata() async throws {
        try await EventScene.run { scene in
            let issuer = scene.server.issuer
            let answer = try await scene.client.send("GET", "/.well-known/ssf-configuration")
            #expect(answer.status == 200)
            #expect(answer["issuer"] == issuer)
            #expect(answer["jwks_uri"] == issuer + "/.well-known/jwks.json")
            #expect(answer["configuration_endpoint"] == issuer + "/ssf/stream")
            #expect(answer["status_endpoint"] == issuer + "/ssf/status")
            #expect(answer["verification_endpoint"] == issuer + "/ssf/verify")
            #expect(answer.json["delivery_methods_supported"]?.stringArrayValue?.contains("urn:ietf:rfc:8936") == true)
            #expect(answer["default_subjects"] == "ALL")
            let document = try await scene.client.send("GET", "/openapi.json")
            let paths = document.json["paths"]?.objectValue?.names ?? []
            for path in ["/ssf/stream", "/ssf/status", "/ssf/verify", "/ssf/poll/{stream}"] {
                #expect(paths.contains(path), "\(path)")
            }
        }
    }

    @Test("without the key of the configuration there is nothing")
    func off() async throws {
        try await TestServer.run { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            for path in ["/.well-known/ssf-configuration", "/ssf/stream"] {
                let answer = try await client.send("GET", path)
                #expect(answer.status == 404)
            }
        }
    }

    @Test("§8.1.1: a stream is made, read, listed, changed, replaced and dropped")
    func life() async throws {
        try await EventScene.run { scene in
            let made = try await scene.send("POST", "/ssf/stream", ["description": "tools"])
            #expect(made.status == 201)
            let id = try #require(made["stream_id"])
            #expect(made["iss"] == scene.server.issuer)
            #expect(made["aud"] == TestServer.resourceServer.id)
            #expect(
                made.json["delivery"]
                    == [
                        "method": "urn:ietf:rfc:8936", "endpoint_url": .string("\(scene.server.issuer)/ssf/poll/\(id)"),
                    ]
            )
            let read = try await scene.send("GET", "/ssf/stream?stream_id=\(id)")
            #expect(read.json == made.json)
            let all = try await scene.send("GET", "/ssf/stream")
            #expect(all.body.contains(id))
            let kinds: JSONValue = .strings([EventScene.sessionRevoked, "https://example.com/unknown"])
            let changed = try await scene.send(
                "PATCH",
                "/ssf/stream",
                ["stream_id": .string(id), "events_requested": kinds]
            )
            #expect(changed.json["events_requested"]?.stringArrayValue == [EventScene.sessionRevoked])
            #expect(changed["description"] == "tools")
            let replaced = try await scene.send("PUT", "/ssf/stream", ["stream_id": .string(id)])
            #expect(replaced["description"] == nil)
            #expect(replaced.json["events_requested"] == nil)
            let dropped = try await scene.send("DELETE", "/ssf/stream?stream_id=\(id)")
            #expect(dropped.status == 204)
            for (method, path) in [("GET", "/ssf/stream?stream_id=\(id)"), ("DELETE", "/ssf/stream?stream_id=\(id)")] {
                let gone = try await scene.send(method, path)
                #expect(gone.status == 404)
            }
            let poll = try await scene.poll(id)
            #expect(poll.status == 404)
            #expect(try scene.server.auditEvents("event_stream.made").count == 1)
            #expect(try scene.server.auditEvents("event_stream.dropped").count == 1)
        }
    }

    @Test("another receiver's stream does not exist for a resource server")
    func foreign() async throws {
        try await EventScene.run { scene in
            let id = try await scene.stream()
            let other = TestServer.secondResourceServer
            let body: JSONObject = ["stream_id": .string(id), "status": "paused"]
            let answers = [
                try await scene.send("GET", "/ssf/stream?stream_id=\(id)", as: other),
                try await scene.send("PATCH", "/ssf/stream", body, as: other),
                try await scene.send("DELETE", "/ssf/stream?stream_id=\(id)", as: other),
                try await scene.send("GET", "/ssf/status?stream_id=\(id)", as: other),
                try await scene.send("POST", "/ssf/status", body, as: other),
                try await scene.send("POST", "/ssf/verify", body, as: other),
                try await scene.poll(id, as: other),
            ]
            #expect(answers.map(\.status) == Array(repeating: 404, count: 7))
            let own = try await scene.send("GET", "/ssf/status?stream_id=\(id)")
            #expect(own["status"] == "enabled")
        }
    }

    @Test("D-48: a caller without valid credentials gets 401, a client that is no resource server 403")
    func callers() async throws {
        try await EventScene.run(configure: { configuration in
            var batch = Configuration.Client(clientID: "batch")
            batch.tokenEndpointAuthMethod = .clientSecretBasic
            batch.clientSecret = .value(SecretValue("a secret of the tests"))
            batch.grantTypes = [.clientCredentials]
            configuration.clients = [batch]
        }) { scene in
            let id = try await scene.stream()
            for (method, path) in [
                ("POST", "/ssf/stream"), ("GET", "/ssf/stream"), ("POST", "/ssf/status"), ("POST", "/ssf/verify"),
                ("POST", "/ssf/poll/\(id)"),
            ] {
                let json: JSONObject? = method == "POST" ? [:] : nil
                let anonymous = try await scene.client.send(method, path)
                #expect(anonymous.status == 401, "\(path)")
                let wrong = try await scene.send(method, path, json, as: (TestServer.resourceServer.id, "wrong"))
                #expect(wrong.status == 401, "\(path)")
                #expect(wrong.header("www-authenticate")?.hasPrefix("Basic") == true)
                let foreign = try await scene.send(method, path, json, as: ("batch", "a secret of the tests"))
                #expect(foreign.status == 403, "\(path)")
            }
        }
    }

    @Test(
        "a body that is not understood changes nothing",
        arguments: [
            #"[]"#, #"{"delivery": 1}"#, #"{"delivery": {}}"#, #"{"delivery": {"method": "urn:ietf:rfc:9999"}}"#,
            #"{"description": 1}"#, #"{"events_requested": "all"}"#, #"{"events_requested": [1]}"#,
            #"{"description": "a", "description": "b"}"#,
        ]
    )
    func malformed(body: String) async throws {
        try await EventScene.run { scene in
            let credentials = OAuthTestClient.basic(TestServer.resourceServer.id, TestServer.resourceServer.secret)
            let fields = [
                (name: "authorization", value: credentials), (name: "content-type", value: "application/json"),
            ]
            let answer = try await scene.client.send(
                "POST",
                "/ssf/stream",
                headerFields: fields,
                body: Array(body.utf8)
            )
            #expect(answer.isError(400, "invalid_request"))
            let form = try await scene.client.send(
                "POST",
                "/ssf/stream",
                headerFields: [fields[0], (name: "content-type", value: "text/plain")],
                body: Array("{}".utf8)
            )
            #expect(form.isError(400, "invalid_request"))
            let all = try await scene.send("GET", "/ssf/stream")
            #expect(all.body == "[]")
        }
    }

    @Test("§8.1.4: a verification comes with its state, once acknowledged never again, and not too often")
    func verification() async throws {
        try await EventScene.run { scene in
            let id = try await scene.stream()
            let body: JSONObject = ["stream_id": .string(id), "state": "the state"]
            let asked = try await scene.send("POST", "/ssf/verify", body)
            #expect(asked.status == 204)
            let soon = try await scene.send("POST", "/ssf/verify", body)
            #expect(soon.status == 429)
            #expect(soon.header("retry-after") != nil)
            let events = try scene.events(try await scene.poll(id))
            let event = try #require(events.first)
            #expect(events.count == 1)
            #expect(event.claims["sub_id"] == ["format": "opaque", "id": .string(id)])
            #expect(event.claims["events"] == .object([EventScene.verification: ["state": "the state"]]))
            let rest = try scene.events(try await scene.poll(id, ["ack": [.string(event.id)]]))
            #expect(rest.isEmpty)
        }
    }

    @Test("§8.1.2: a paused stream keeps events, a disabled one does not")
    func status() async throws {
        try await EventScene.run { scene in
            let id = try await scene.stream()
            func set(_ status: String) async throws {
                let body: JSONObject = ["stream_id": .string(id), "status": .string(status), "reason": "why"]
                let answer = try await scene.send("POST", "/ssf/status", body)
                #expect(answer["status"] == status)
                #expect(answer["reason"] == "why")
            }
            try await set("paused")
            let first = try await scene.login()
            _ = try await scene.client.revoke(first.tokens.refreshToken)
            let paused = try await scene.endedSessions(id)
            #expect(paused.isEmpty)
            try await set("enabled")
            let kept = try await scene.endedSessions(id)
            #expect(kept == [first.session])
            try await set("disabled")
            let second = try await scene.login()
            _ = try await scene.client.revoke(second.tokens.refreshToken)
            try await set("enabled")
            let after = try await scene.endedSessions(id)
            #expect(after.isEmpty)
            let wrong = try await scene.send("POST", "/ssf/status", ["stream_id": .string(id), "status": "off"])
            #expect(wrong.isError(400, "invalid_request"))
        }
    }
}
