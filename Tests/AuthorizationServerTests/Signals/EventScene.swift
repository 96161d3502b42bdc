import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

/// A server with events, a client with users, and resource servers that receive.
struct EventScene: Sendable {
    let server: TestServer
    let client: OAuthTestClient

    static let sessionRevoked = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
    static let verification = "https://schemas.openid.net/secevent/ssf/event-type/verification"
    static let streamUpdated = "https://schemas.openid.net/secevent/ssf/event-type/stream-updated"

    static func run(
        configure: (inout Configuration) throws -> Void = { _ in },
        environment prepare: (inout ServerEnvironment) throws -> Void = { _ in },
        _ body: (EventScene) async throws -> Void
    ) async throws {
        try await TestServer.run(
            configure: { configuration in
                configuration.sharedSignals.isEnabled = true
                TestServer.addSecondResource(&configuration)
                configuration.defaultResource = TestServer.resource
                try configure(&configuration)
            },
            environment: prepare
        ) { server in
            try await body(EventScene(server: server, client: try await OAuthTestClient.registered(at: server)))
        }
    }

    /// Sends JSON as a resource server.
    func send(
        _ method: String,
        _ path: String,
        _ json: JSONObject? = nil,
        as receiver: (id: String, secret: String) = TestServer.resourceServer
    ) async throws -> OAuthTestClient.Answer {
        var fields = [(name: "authorization", value: OAuthTestClient.basic(receiver.id, receiver.secret))]
        if json != nil { fields.append((name: "content-type", value: "application/json")) }
        return try await client.send(method, path, headerFields: fields, body: json?.serialized() ?? [])
    }

    /// A new stream, by its id.
    func stream(
        _ json: JSONObject = ["delivery": ["method": "urn:ietf:rfc:8936"]],
        as receiver: (id: String, secret: String) = TestServer.resourceServer
    ) async throws -> String {
        let answer = try await send("POST", "/ssf/stream", json, as: receiver)
        #expect(answer.status == 201)
        return try #require(answer["stream_id"])
    }

    /// The answer to a poll that does not wait, unless it is asked to.
    func poll(
        _ stream: String,
        _ json: JSONObject = [:],
        waits: Bool = false,
        as receiver: (id: String, secret: String) = TestServer.resourceServer
    ) async throws -> OAuthTestClient.Answer {
        var json = json
        json["returnImmediately"] = .bool(!waits)
        return try await send("POST", "/ssf/poll/\(stream)", json, as: receiver)
    }

    /// The claims of the events of an answer, by their identifiers; each has the type of an event.
    func events(_ answer: OAuthTestClient.Answer) throws -> [(id: String, claims: JSONObject)] {
        #expect(answer.status == 200)
        let sets = try #require(answer.json["sets"]?.objectValue)
        return try sets.members.map { member in
            let token = try DecodedToken(try #require(member.value.stringValue))
            #expect(token.header["typ"] == "secevent+jwt")
            #expect(token.claims["jti"]?.stringValue == member.name)
            return (member.name, token.claims)
        }
    }

    /// The sessions that a stream says have ended, without acknowledging any.
    func endedSessions(
        _ stream: String,
        as receiver: (id: String, secret: String) = TestServer.resourceServer
    ) async throws -> [String] {
        try events(try await poll(stream, as: receiver)).compactMap { event in
            event.claims["sub_id"]?.objectValue?["session"]?.objectValue?["id"]?.stringValue
        }
    }

    /// The handle of the session that an event is about; empty for one about something else.
    func session(of claims: JSONObject) -> String {
        claims["sub_id"]?.objectValue?["session"]?.objectValue?["id"]?.stringValue ?? ""
    }

    /// A user's new tokens, and the handle of their session.
    func login(as user: String = "ada") async throws -> (tokens: OAuthTestClient.Answer, session: String) {
        let tokens = try await client.tokens(at: server, as: user)
        return (tokens, try #require(try DecodedToken(tokens.accessToken).claims["tsid"]?.stringValue))
    }
}
