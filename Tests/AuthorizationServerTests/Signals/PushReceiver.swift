import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import Synchronization
import Testing

/// A receiver of pushed events (RFC 8935) that answers as a test asks.
final class PushReceiver: OutboundTransport {
    typealias Answer = Result<OutboundResponse, OutboundError>

    private struct State {
        var script: [Answer] = []
        var answer = Answer.success(OutboundResponse(status: 202))
        var requests: [OutboundRequest] = []
        var inFlight = 0
        var inFlightMax = 0
    }

    private let state = Mutex(State())

    /// Gives these answers first.
    func script(_ answers: [Answer]) { state.withLock { $0.script = answers } }

    /// Gives this answer from now on, after those of the script.
    func answer(_ answer: Answer) { state.withLock { $0.answer = answer } }

    /// The requests so far.
    var requests: [OutboundRequest] { state.withLock(\.requests) }

    /// The most requests that were in flight at once.
    var inFlightMax: Int { state.withLock(\.inFlightMax) }

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        let answer = state.withLock { state in
            state.requests.append(request)
            state.inFlight += 1
            state.inFlightMax = max(state.inFlightMax, state.inFlight)
            return state.script.isEmpty ? state.answer : state.script.removeFirst()
        }
        await Task.yield()
        state.withLock { $0.inFlight -= 1 }
        return try answer.get()
    }

    /// The claims of the events that were sent, those of the same event again included.
    func events() throws -> [JSONObject] {
        try requests.map { request in
            let token = try DecodedToken(String(decoding: request.body, as: UTF8.self))
            #expect(token.header["typ"] == "secevent+jwt")
            return token.claims
        }
    }

    /// The `jti` of the events that were sent.
    func identifiers() throws -> [String] { try events().map { $0["jti"]?.stringValue ?? "" } }

    /// RFC 8935 §2.3: an error.
    static func refusal(_ code: String, _ description: String = "why") -> Answer {
        let body: JSONObject = ["err": .string(code), "description": .string(description)]
        return .success(OutboundResponse(status: 400, body: body.serialized()))
    }
}

extension EventScene {
    static let receiverURL = "https://receiver.example/events"

    /// A server whose events are pushed to a receiver.
    static func run(
        pushingTo receiver: PushReceiver,
        _ body: (EventScene) async throws -> Void
    ) async throws {
        try await run(
            environment: { environment in
                environment.documentTransport = receiver
                environment.maintainsOnTimer = false
            },
            body
        )
    }

    /// A new stream that is pushed, by its id.
    func pushedStream(_ changes: JSONObject = [:]) async throws -> String {
        var delivery: JSONObject = [
            "method": "urn:ietf:rfc:8935", "endpoint_url": .string(Self.receiverURL),
            "authorization_header": "Bearer of-the-receiver",
        ]
        for (name, value) in changes.members { delivery[name] = value }
        return try await stream(["delivery": .object(delivery)])
    }

    /// Asks for a verification event.
    func verify(_ stream: String) async throws {
        let answer = try await send("POST", "/ssf/verify", ["stream_id": .string(stream), "state": "s"])
        #expect(answer.status == 204)
    }

    /// Pushes what is due.
    func push() async { await server.server.performMaintenance() }

    /// Ends a session of a new login and returns its handle.
    func endedSession() async throws -> String {
        let (tokens, session) = try await login()
        _ = try await client.revoke(tokens.refreshToken)
        return session
    }

    /// The status of a stream, and its reason.
    func status(_ stream: String) async throws -> OAuthTestClient.Answer {
        try await send("GET", "/ssf/status?stream_id=\(stream)")
    }
}
