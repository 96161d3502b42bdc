import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import GatehouseVerifier
import OAuthProtocol
import ServerConfiguration
import Synchronization
import Testing

/// RFC 8693: what a Swift server's tool call needs of a user's upstream.
@Suite("Upstream tokens for Swift servers")
struct UpstreamTokensTests {
    /// Tokens of a scene's server, the verifier that they belong to, and how many requests were sent.
    private struct Subject: Sendable {
        let tokens: UpstreamTokens
        let sent: Count
    }

    private final class Count: Sendable {
        private let requests = Mutex<[IssuerRequest]>([])

        func add(_ request: IssuerRequest) { requests.withLock { $0.append(request) } }

        func of(_ path: String) -> Int { requests.withLock { $0.count { $0.url.hasSuffix(path) } } }
    }

    private static func subject(
        _ server: TestServer,
        secret: String = TestServer.resourceServer.secret,
        _ change: @escaping @Sendable (IssuerAnswer) throws -> IssuerAnswer = { $0 }
    ) -> Subject {
        let (transport, issuer, clock) = (server.transport, server.issuer, server.clock)
        let client = OAuthTestClient(issuer: issuer, transport: transport, resource: nil)
        let verifier = TokenVerifier(issuer: issuer, resource: TestServer.resource) { url in
            Array(try await client.send("GET", String(url.dropFirst(issuer.utf8.count))).body.utf8)
        }
        let sent = Count()
        let tokens = UpstreamTokens(
            verifier: verifier,
            clientID: TestServer.resourceServer.id,
            clientSecret: secret,
            now: { clock.now().secondsSinceEpoch }
        ) { request in
            sent.add(request)
            let answer = try await client.send(
                request.method,
                String(request.url.dropFirst(issuer.utf8.count)),
                headerFields: [
                    (name: "authorization", value: request.authorization),
                    (name: "content-type", value: request.contentType),
                ],
                body: request.body
            )
            return try change(
                IssuerAnswer(
                    status: answer.status,
                    body: Array(answer.body.utf8),
                    retryAfterSeconds: answer.header("retry-after").flatMap { Int($0) }
                )
            )
        }
        return Subject(tokens: tokens, sent: sent)
    }

    private static func error(
        _ body: () async throws(UpstreamTokenError) -> UpstreamToken
    ) async -> UpstreamTokenError? {
        do throws(UpstreamTokenError) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("concurrent retrievals cause one request, and its token is used until shortly before it expires")
    func oneRequest() async throws {
        try await VaultScene.run { scene in
            let userToken = try await scene.accessToken()
            let subject = Self.subject(scene.server)
            let found = try await race(20) { try await subject.tokens.token(at: "corp", for: userToken) }
            #expect(Set(found).count == 1)
            _ = try await subject.tokens.token(at: "corp", for: userToken)
            #expect(subject.sent.of("/oauth/token") == 1)
            let token = try #require(found.first)
            #expect(token.headerField.name == "Authorization")
            #expect(token.headerField.value == "Bearer \(token.accessToken)")
            #expect(!"\(token) \(subject.tokens)".contains(token.accessToken))
            var text = ""
            dump(token, to: &text)
            #expect(!text.contains(token.accessToken))
            scene.server.clock.advance(by: .seconds(Int(token.useUntil - scene.server.clock.now().secondsSinceEpoch)))
            _ = await Self.error { () async throws(UpstreamTokenError) in
                try await subject.tokens.token(at: "corp", for: userToken)
            }
            #expect(subject.sent.of("/oauth/token") == 2)
        }
    }

    @Test("connect in place: a tool call asks the user to connect, the user does, and the same call succeeds")
    func connectInPlace() async throws {
        try await VaultScene.run(configure: { $0.upstreams[1].login = .onDemand }) { scene in
            let browser = scene.browser()
            let userToken = try await scene.accessToken(browser)
            let subject = Self.subject(scene.server)
            // The tool: the name of the user's account at the provider, or what the user has to do.
            func tool() async throws -> String {
                do {
                    return try await subject.tokens.call("files", for: userToken, isRefused: { $0.isEmpty }) { token in
                        token.upstream
                    }
                } catch UpstreamTokenError.connectRequired(let request) {
                    return String(decoding: request.result, as: UTF8.self)
                }
            }
            let asked = try JSONParser.parseObject(Array(try await tool().utf8))
            #expect(asked["resultType"] == "input_required")
            let connect = asked["inputRequests"]?.objectValue?["connect"]?.objectValue
            #expect(connect?["method"] == "elicitation/create")
            let parameters = try #require(connect?["params"]?.objectValue)
            #expect(parameters["mode"] == "url")
            #expect(parameters["message"] == "Connect your files account to continue.")
            let first = try await browser.get(try #require(parameters["url"]?.stringValue))
            let page = try await scene.walk(try await scene.press("sign_in", "corp", on: first, browser), browser)
            _ = try await scene.walk(try await scene.press("decision", "connect", on: page, browser), browser)
            let answer = try await tool()
            #expect(answer == "files")
        }
    }

    @Test("a token that the API refuses is reported, and the call is made once more, not twice")
    func refusedToken() async throws {
        try await VaultScene.run { scene in
            let userToken = try await scene.accessToken()
            let subject = Self.subject(scene.server)
            let presented = Mutex<[String]>([])
            let status = try await subject.tokens.call("corp", for: userToken, isRefused: { $0 == 401 }) { token in
                presented.withLock { presented in
                    presented.append(token.accessToken)
                    return 401
                }
            }
            #expect(status == 401)
            #expect(presented.withLock { $0.count } == 2)
            #expect(subject.sent.of("/oauth/report-invalid") == 1)
            #expect(subject.sent.of("/oauth/token") == 2)
            #expect(Set(presented.withLock { $0 }).count == 2)
        }
    }

    @Test("errors say what to do: the user, the operator, or nothing but wait")
    func errors() async throws {
        try await VaultScene.run { scene in
            let userToken = try await scene.accessToken()
            struct Down: Error {}
            let cases: [(Subject, token: String, upstream: String, String)] = [
                (Self.subject(scene.server), userToken, "unknown", "misconfigured"),
                (Self.subject(scene.server, secret: "wrong"), userToken, "corp", "misconfigured"),
                (Self.subject(scene.server) { _ in throw Down() }, userToken, "corp", "unavailable"),
                (
                    Self.subject(scene.server) { _ in IssuerAnswer(status: 503, body: [], retryAfterSeconds: 7) },
                    userToken, "corp", "unavailable"
                ),
                (Self.subject(scene.server), "no token", "corp", "userTokenRefused"),
            ]
            for (subject, token, upstream, expected) in cases {
                let error = await Self.error { () async throws(UpstreamTokenError) in
                    try await subject.tokens.token(at: upstream, for: token)
                }
                #expect(error.map { "\($0)".hasPrefix(expected) } == true, "\(String(describing: error))")
            }
        }
    }
}
