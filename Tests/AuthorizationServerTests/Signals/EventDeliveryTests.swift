import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing

/// RFC 8936 and RFC 8417: what receivers get, and when they need not get it again.
@Suite("Shared Signals: delivery by poll")
struct EventDeliveryTests {
    @Test("RFC 9493: a revoked session is an event that names it and its user, signed by a published key")
    func session() async throws {
        try await EventScene.run { scene in
            let id = try await scene.stream()
            let (tokens, session) = try await scene.login()
            let user = try #require(try DecodedToken(tokens.accessToken).claims["sub"])
            _ = try await scene.client.revoke(tokens.refreshToken)
            let answer = try await scene.poll(id)
            #expect(answer.json["moreAvailable"] == false)
            let events = try scene.events(answer)
            let claims = try #require(events.first?.claims)
            #expect(events.count == 1)
            #expect(claims["iss"]?.stringValue == scene.server.issuer)
            #expect(claims["aud"]?.stringValue == TestServer.resourceServer.id)
            #expect(claims["sub"] == nil && claims["exp"] == nil)
            #expect(
                claims["sub_id"] == [
                    "format": "complex", "session": ["format": "opaque", "id": .string(session)],
                    "user": ["format": "iss_sub", "iss": .string(scene.server.issuer), "sub": user],
                ]
            )
            #expect(claims["events"]?.objectValue?.names == [EventScene.sessionRevoked])
            let token = try #require(answer.json["sets"]?.objectValue?.members.first?.value.stringValue)
            let keys = try await scene.client.send("GET", "/.well-known/jwks.json")
            let published = try JSONWebKeySet(parsing: Array(keys.body.utf8))
            let jws = try CompactJWS(parsing: token)
            #expect(throws: Never.self) { try jws.verify(with: published, algorithms: [.es256]) }
            // No verifier of access tokens takes it for one.
            let introspected = try await scene.client.introspect(token)
            #expect(introspected.json == ["active": false])
        }
    }

    @Test("RFC 7009: a revoked access token is an event with its jti; its session goes on")
    func accessToken() async throws {
        try await EventScene.run { scene in
            let id = try await scene.stream()
            let (tokens, _) = try await scene.login()
            let access = try tokens.accessToken
            let identifier = try #require(try DecodedToken(access).claims["jti"])
            _ = try await scene.client.revoke(access)
            let events = try scene.events(try await scene.poll(id))
            #expect(
                events.first?.claims["sub_id"]
                    == ["format": "jwt_id", "iss": .string(scene.server.issuer), "jti": identifier]
            )
            let refreshed = try await scene.client.refresh(tokens.refreshToken)
            #expect(refreshed.status == 200)
        }
    }

    @Test("what is acknowledged, or reported as unreadable, does not come again; what is not comes again")
    func acknowledgements() async throws {
        try await EventScene.run { scene in
            let id = try await scene.stream()
            var sessions: [String] = []
            for _ in 0..<3 {
                let (tokens, session) = try await scene.login()
                _ = try await scene.client.revoke(tokens.refreshToken)
                sessions.append(session)
            }
            let one = try await scene.poll(id, ["maxEvents": 1])
            #expect(one.json["moreAvailable"] == true)
            let first = try scene.events(one)
            #expect(first.count == 1)
            let all = try await scene.endedSessions(id)
            #expect(all == sessions)
            let acknowledged = try await scene.poll(id, ["ack": [.string(first[0].id)], "maxEvents": 0])
            #expect(try scene.events(acknowledged).isEmpty)
            let rest = try await scene.endedSessions(id)
            #expect(rest == Array(sessions.dropFirst()))
            let second = try scene.events(try await scene.poll(id))[0].id
            let errors: JSONObject = [second: ["err": "invalid_key", "description": "no key"]]
            let last = try scene.events(try await scene.poll(id, ["setErrs": .object(errors)]))
            #expect(last.count == 1)
            // Nonsense, and another stream's identifiers, acknowledge nothing.
            let other = try await scene.stream()
            let foreign = try scene.events(try await scene.poll(other)).map { JSONValue.string($0.id) }
            let still = try scene.events(try await scene.poll(id, ["ack": .array(foreign + ["nonsense", "es_x.e1"])]))
            #expect(still.map(\.id) == last.map(\.id))
        }
    }

    @Test("a new stream begins with what still matters: a verifier that starts again misses nothing")
    func laterStream() async throws {
        try await EventScene.run { scene in
            // The store learns the time, without which an ending is kept for as long as its session would live.
            await scene.server.server.performMaintenance()
            let (tokens, session) = try await scene.login()
            _ = try await scene.client.revoke(tokens.refreshToken)
            let ended = try await scene.endedSessions(try await scene.stream())
            #expect(ended == [session])
            // Longer than any access token lives: there is nothing left to refuse.
            scene.server.clock.advance(by: .seconds(3700))
            await scene.server.server.performMaintenance()
            let later = try await scene.endedSessions(try await scene.stream())
            #expect(later.isEmpty)
        }
    }

    @Test("D-37: a resource server learns of its own resource's sessions only")
    func otherResource() async throws {
        try await EventScene.run { scene in
            let (own, other) = (
                try await scene.stream(), try await scene.stream(as: TestServer.secondResourceServer)
            )
            let (tokens, session) = try await scene.login()
            _ = try await scene.client.revoke(tokens.refreshToken)
            let seen = try await scene.endedSessions(own)
            #expect(seen == [session])
            let foreign = try await scene.endedSessions(other, as: TestServer.secondResourceServer)
            #expect(foreign.isEmpty)
        }
    }

    @Test("RFC 8693: a resource that may get delegated tokens learns of the sessions behind them")
    func delegated() async throws {
        try await EventScene.run(configure: { configuration in
            configuration.resources[0].delegationTargets = [TestServer.secondResource]
        }) { scene in
            let other = try await scene.stream(as: TestServer.secondResourceServer)
            let (tokens, session) = try await scene.login()
            _ = try await scene.client.revoke(tokens.refreshToken)
            let seen = try await scene.endedSessions(other, as: TestServer.secondResourceServer)
            #expect(seen == [session])
        }
    }

    @Test(
        "RFC 8936 §2.2: a poll that is not understood is refused",
        arguments: [#"{"ack": "x"}"#, #"{"ack": [1]}"#, #"{"setErrs": []}"#, #"{"maxEvents": -1}"#, "[]", ""]
    )
    func malformed(body: String) async throws {
        try await EventScene.run { scene in
            let id = try await scene.stream()
            let credentials = OAuthTestClient.basic(TestServer.resourceServer.id, TestServer.resourceServer.secret)
            let answer = try await scene.client.send(
                "POST",
                "/ssf/poll/\(id)",
                headerFields: [("authorization", credentials), ("content-type", "application/json")],
                body: Array(body.utf8)
            )
            #expect(answer.isError(400, "invalid_request"))
        }
    }

    @Test("more endings than the log holds: receivers that missed some refuse every token of that time")
    func loss() async throws {
        try await EventScene.run(environment: { $0.storeLimits.endingsMax = 2 }) { scene in
            let id = try await scene.stream()
            var sessions: [String] = []
            for _ in 0..<4 {
                let (tokens, session) = try await scene.login()
                _ = try await scene.client.revoke(tokens.refreshToken)
                sessions.append(session)
            }
            let events = try scene.events(try await scene.poll(id))
            #expect(events.count == 4)
            let tenant: JSONObject = ["format": "opaque", "id": .string(scene.server.issuer)]
            let subject = try #require(events.first?.claims["sub_id"]?.objectValue)
            #expect(subject["tenant"] == .object(tenant))
            let ids = events.map { JSONValue.string($0.id) }
            // Without the loss nothing after it is acknowledged.
            let again = try scene.events(try await scene.poll(id, ["ack": .array(Array(ids.dropFirst()))]))
            #expect(again.count == 4)
            let rest = try scene.events(try await scene.poll(id, ["ack": .array(ids)]))
            #expect(rest.isEmpty)
        }
    }
}
