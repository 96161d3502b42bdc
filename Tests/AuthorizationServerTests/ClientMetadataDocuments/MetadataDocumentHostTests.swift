import AuthorizationServer
import AuthorizationServerTesting
import HTTPTypes
import Logging
import OAuthProtocol
import OutboundHTTP
import SocketHTTP
import Synchronization
import Testing

@Suite("CM-2, CM-6, D-81…D-86: hosts of metadata documents that misbehave are refused, counted, and slow no others")
struct MetadataDocumentHostTests {
    /// How a host misbehaves, and the class that the page, the audit trail and the metric name it by.
    enum Trick: String, CaseIterable {
        case slow, huge, redirecting, lying, refusing, broken, compressed

        var result: String {
            switch self {
            case .slow, .refusing: "unreachable"
            case .huge, .redirecting, .compressed: "bad_answer"
            case .lying, .broken: "bad_document"
            }
        }
    }

    private static func counted(_ result: String, at server: TestServer) async throws -> Int {
        let client = try await server.transport.send(
            OutboundRequest(url: server.managementURL + "/metrics", addressPolicy: .unrestricted)
        )
        let prefix = "gatehouse_metadata_documents_total{result=\"\(result)\"} "
        let line = String(decoding: client.body, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(prefix) }
        return line.flatMap { Int($0.dropFirst(prefix.utf8.count)) } ?? 0
    }

    private static func page(_ id: String, at server: TestServer) async throws -> TestBrowser.Page {
        let client = OAuthTestClient.documented(id, at: server)
        return try await TestBrowser(transport: server.transport).get(client.authorizationURL())
    }

    @Test(
        "D-84, D-85, D-86: each is refused and counted by its class; others are answered in the meantime",
        arguments: Trick.allCases
    )
    func tricks(trick: Trick) async throws {
        // Bound without a listener: no other process can get the port, and connections to it are refused.
        let closed = try PortReservation(SocketAddress(ip: .loopback, port: 0))
        defer { withExtendedLifetime(closed) {} }
        try await DocumentHost.run { host in
            let gate = DocumentHost.Gate()
            let picky: (inout ServerEnvironment) -> Void = { environment in
                environment.transport = PickyTransport(base: environment.transport, isSoon: trick == .slow)
            }
            try await TestServer.run(environment: picky) { server in
                let registered = try await OAuthTestClient.registered(at: server)
                let good = host.publish(at: "/good.json")
                var id = host.url()
                switch trick {
                case .slow: host.publish(gate: gate)
                case .huge: host.publish { $0["client_name"] = .string(String(repeating: "a", count: 70_000)) }
                case .redirecting: host.serve(.init(status: .found, fields: [.location: good]))
                case .lying: host.publish { $0["client_id"] = .string(good) }
                case .refusing: id = "http://\(closed.address)/client.json"
                case .broken: host.serve(.init(body: Array(#"{"client_id":"#.utf8)))
                case .compressed: host.publish(fields: [.contentEncoding: "gzip"])
                }
                let url = id
                async let visit = Self.page(url, at: server)
                // During that fetch other requests succeed: another document, a client's login, an introspection.
                #expect(try await Self.page(good, at: server).status == 200)
                let tokens = try await registered.tokens(at: server)
                #expect(tokens.status == 200)
                #expect(try await registered.introspect(tokens["access_token"] ?? "").json["active"] == true)
                let page = try await visit
                #expect(page.status == (trick.result == "bad_document" ? 400 : 502))
                #expect(page.header("location") == nil)
                gate.open()

                let kinds = MetadataDocumentRefusalTests.refusals(server).compactMap { $0["kind"]?.stringValue }
                #expect(kinds == [trick.result])
                #expect(try await Self.counted(trick.result, at: server) == 1)
                #expect(try await Self.counted("used", at: server) >= 1)
                // The next login of the good document is not affected.
                #expect(try await Self.page(good, at: server).status == 200)
            }
        }
    }

    @Test(
        "D-81, D-82: a host inside is refused before anything is dialled, and counted",
        arguments: [
            "https://10.0.0.1/client.json", "https://169.254.169.254/client.json", "https://[fc00::1]/client.json",
            "https://2130706433/client.json", "https://[::ffff:10.0.0.1]/client.json",
        ]
    )
    func inside(id: String) async throws {
        try await TestServer.run { server in
            let page = try await Self.page(id, at: server)
            #expect(page.status == 400)
            let kind = try #require(MetadataDocumentRefusalTests.refusals(server).last?["kind"]?.stringValue)
            #expect(["address_refused", "invalid_url"].contains(kind))
            #expect(try await Self.counted(kind, at: server) == 1)
        }
    }

    @Test(
        "D-83: a name with an address inside, or whose answer turns, is looked up once, and nothing is dialled",
        arguments: [[["8.8.8.8", "127.0.0.1"]], [["127.0.0.1"], ["8.8.8.8"]], [["2600::1", "::1"], ["8.8.8.8"]]]
    )
    func rebinding(answers: [[String]]) async throws {
        try await DocumentHost.run { host in
            let port = try #require(URIReference(host.url())?.port)
            let resolver = TurningResolver(answers)
            let logger = Logger(label: "fetch") { _ in SwiftLogNoOpLogHandler() }
            let dialler = try CurlClient(configuration: .init(proxy: .none, resolver: resolver), logger: logger)
            let strict: (inout ServerEnvironment) -> Void = { environment in
                environment.transport = StrictTransport(dialler: dialler, base: environment.transport)
            }
            try await TestServer.run(environment: strict) { server in
                let page = try await Self.page("https://rebind.test:\(port)/client.json", at: server)
                // S-19: answered like a name that does not exist.
                #expect(page.status == 502)
                #expect(MetadataDocumentRefusalTests.refusals(server).last?["kind"] == "address_refused")
                #expect(try await Self.counted("address_refused", at: server) == 1)
            }
            await dialler.shutdown()
            // The addresses of the first look-up were checked and are used; a second look-up could return others.
            #expect(resolver.count == 1)
            #expect(host.requests.isEmpty)
        }
    }
}

/// Times out soon on `/client.json` only, so that a busy machine does not make another host look slow.
private struct PickyTransport: OutboundTransport {
    let base: any OutboundTransport
    let isSoon: Bool

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        var request = request
        let isSlow = isSoon && request.url.hasSuffix("/client.json")
        request.limits.totalTimeout = isSlow ? .milliseconds(300) : .seconds(300)
        return try await base.send(request)
    }
}

/// Fetches from `rebind.test` as a server with a public issuer would, by names that a test answers.
private struct StrictTransport: OutboundTransport {
    let dialler: CurlClient
    let base: any OutboundTransport

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        guard request.url.contains("//rebind.test") else { return try await base.send(request) }
        var request = request
        request.addressPolicy = .publicOnly
        return try await dialler.send(request)
    }
}

/// Answers differently each time that it is asked.
private final class TurningResolver: HostResolver {
    private let state: Mutex<(answers: [[String]], count: Int)>

    init(_ answers: [[String]]) { state = Mutex((answers, 0)) }

    var count: Int { state.withLock(\.count) }

    func addresses(of name: String) throws(OutboundError) -> [RemoteAddress] {
        let answer = state.withLock { state in
            state.count += 1
            return state.answers.count > 1 ? state.answers.removeFirst() : state.answers.first ?? []
        }
        return answer.compactMap { RemoteAddress($0) }
    }
}
