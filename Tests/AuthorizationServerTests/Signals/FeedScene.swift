import AuthorizationServer
import AuthorizationServerTesting
import GatehouseVerifier
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Synchronization
import Testing

/// Verifiers for Swift servers that follow the events of a server in this process.
struct FeedScene: Sendable {
    /// What happens to a request of a feed, besides being sent.
    typealias Change = @Sendable (IssuerRequest, IssuerAnswer) throws -> IssuerAnswer

    let scene: EventScene

    /// One verifier, its feed, and what the feed has sent.
    struct Subscriber: Sendable {
        let verifier: TokenVerifier
        let feed: RevocationFeed
        let requests: Requests
    }

    /// The requests of a feed.
    final class Requests: Sendable {
        private let all = Mutex<[IssuerRequest]>([])

        func add(_ request: IssuerRequest) { all.withLock { $0.append(request) } }

        /// The bodies of its polls.
        func polls() throws -> [JSONObject] {
            try all.withLock { $0 }.filter { $0.url.contains("/ssf/poll/") }.map { try JSONParser.parseObject($0.body) }
        }
    }

    static func run(_ body: (FeedScene) async throws -> Void) async throws {
        try await EventScene.run { scene in try await body(FeedScene(scene: scene)) }
    }

    var now: Int64 { scene.server.clock.now().secondsSinceEpoch }

    /// A new verifier with a feed.
    func subscriber(
        secret: String = TestServer.resourceServer.secret,
        _ change: @escaping Change = { _, answer in answer },
        before: @escaping @Sendable (IssuerRequest) throws -> Void = { _ in }
    ) -> Subscriber {
        let (client, clock, issuer) = (scene.client, scene.server.clock, scene.server.issuer)
        let verifier = TokenVerifier(issuer: issuer, resource: TestServer.resource) { url in
            let answer = try await client.send("GET", String(url.dropFirst(issuer.utf8.count)))
            try #require(answer.status == 200)
            return Array(answer.body.utf8)
        }
        let requests = Requests()
        let feed = RevocationFeed(
            verifier: verifier,
            clientID: TestServer.resourceServer.id,
            clientSecret: secret,
            now: { clock.now().secondsSinceEpoch }
        ) { request in
            try before(request)
            requests.add(request)
            let answer = try await client.send(
                request.method,
                String(request.url.dropFirst(issuer.utf8.count)),
                headerFields: [
                    (name: "authorization", value: request.authorization),
                    (name: "content-type", value: request.contentType),
                ],
                body: request.body
            )
            return try change(request, IssuerAnswer(status: answer.status, body: Array(answer.body.utf8)))
        }
        return Subscriber(verifier: verifier, feed: feed, requests: requests)
    }

    /// Whether a verifier accepts a token now.
    func accepts(_ token: String, _ subscriber: Subscriber) async throws -> Bool {
        do throws(VerificationError) {
            _ = try await subscriber.verifier.verify(token, now: now)
            return true
        } catch {
            guard case .invalidToken = error else { throw error }
            return false
        }
    }

    /// An answer to a poll with one event.
    static func answer(_ identifier: String, _ token: String) -> IssuerAnswer {
        let json: JSONObject = ["sets": .object([identifier: .string(token)]), "moreAvailable": false]
        return IssuerAnswer(status: 200, body: json.serialized())
    }

    /// An event that the server's key signs, with changed claims.
    func event(_ changes: JSONObject = [:], type: String = "secevent+jwt") throws -> String {
        var claims: JSONObject = [
            "iss": .string(scene.server.issuer), "aud": .string(TestServer.resourceServer.id), "jti": "x.e1",
            "iat": .integer(Int(now)),
            "sub_id": ["format": "complex", "session": ["format": "opaque", "id": "sid_other"]],
            "events": .object([EventScene.sessionRevoked: [:]]),
        ]
        for (name, value) in changes.members { claims[name] = value == .null ? nil : value }
        return try scene.server.server.keys.current.active.sign(type: type, payload: claims.serialized())
    }
}
