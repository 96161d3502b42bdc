import AuthorizationServerTesting
import HTTPTypes
import OAuthProtocol
import ServerConfiguration
import SocketHTTP
import Testing

@testable import AuthorizationServer

/// OTLP over HTTP, seen from a collector.
@Suite("Traces")
struct TracingTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    private static func register(_ server: TestServer, traceparent: String? = nil) async throws {
        var fields = [(name: "content-type", value: "application/json")]
        if let traceparent { fields.append((name: "traceparent", value: traceparent)) }
        let answer = try await server.visitor.send(
            "POST",
            "/oauth/register",
            headerFields: fields,
            body: Array(#"{"redirect_uris":["http://127.0.0.1/cb"]}"#.utf8)
        )
        #expect(answer.status == 201)
        // Sends what waits.
        await server.server.performMaintenance()
    }

    @Test("a login is spans of requests, with the requests to the provider inside them")
    func login() async throws {
        try await Collector.run { server, collector in
            let client = try await OAuthTestClient.registered(at: server)
            let answer = try await client.tokens(at: server)
            #expect(answer.status == 200)
            await server.server.performMaintenance()
            let spans = try collector.spans()
            let token = try #require(spans.first { $0.name == "POST /oauth/token" })
            #expect(token.kind == 2 && token.parentID == nil && !token.isFailed)
            #expect(token["http.response.status_code"] == "200" && token["http.route"] == "/oauth/token")
            #expect(token["gatehouse.request_id"]?.isEmpty == false)
            #expect(token.traceID.count == 32 && token.spanID.count == 16)
            let start = try #require(token.start)
            #expect(start == 1_795_420_800_000_000_000 && token.end == start)
            // The provider's token endpoint, asked by the callback.
            let callback = try #require(spans.first { $0.name.hasPrefix("GET /oauth/callback/") })
            #expect(callback["http.route"] == "/oauth/callback/{upstream}")
            let inner = spans.filter { $0.traceID == callback.traceID && $0.kind == 3 }
            #expect(inner.contains { $0.parentID == callback.spanID && $0["http.request.method"] == "POST" })
            #expect(
                inner.allSatisfy { $0["server.address"] == "127.0.0.1" && $0["http.response.status_code"] == "200" }
            )
            #expect(Set(spans.map(\.spanID)).count == spans.count)
        }
    }

    @Test("no span has a token, a code, a client or a user, and the collector's credential is in its field only")
    func nothingSecret() async throws {
        try await Collector.run { server, collector in
            let client = try await OAuthTestClient.registered(at: server)
            let answer = try await client.tokens(at: server)
            let refreshed = try await client.refresh(try #require(answer["refresh_token"]))
            #expect(refreshed.status == 200)
            await server.server.performMaintenance()
            let text = collector.text
            #expect(text.contains("POST /oauth/token") && text.contains(#""service.name""#))
            let secrets = ["access_token", "refresh_token", "id_token"].compactMap { answer[$0] }
            #expect(secrets.count >= 2)
            for secret in secrets + [client.id, "Ada", "code=", "state=", "upstream-secret", Collector.credential] {
                #expect(!text.contains(secret), "\(secret)")
            }
            #expect(collector.requests.allSatisfy { $0[.authorization] == Collector.credential })
            let metrics = try await BrowserScene.metrics(of: server)
            #expect(metrics["gatehouse_trace_spans_dropped_total"] == 0)
            #expect((metrics["gatehouse_trace_spans_exported_total"] ?? 0) > 0)
        }
    }

    @Test("a trusted proxy's span is the parent, and its decision counts", arguments: [true, false])
    func proxy(isSampled: Bool) async throws {
        // The configured share alone would decide otherwise.
        try await Collector.run(share: isSampled ? 0 : 1, proxies: true) { server, collector in
            let flags = isSampled ? "01" : "00"
            try await Self.register(server, traceparent: "00-\(Self.trace)-\(Self.span)-\(flags)")
            let registrations = try collector.spans().filter { $0.name == "POST /oauth/register" }
            #expect(registrations.map(\.traceID) == (isSampled ? [Self.trace] : []))
            #expect(registrations.allSatisfy { $0.parentID == Self.span && $0.spanID != Self.span })
            let line = server.auditLog.all.first { $0.contains("client.registered") } ?? ""
            #expect(line.contains(#""trace_id":"\#(Self.trace)""#))
        }
    }

    @Test("anybody else's traceparent is ignored, and the trail has the id of our own trace")
    func stranger() async throws {
        try await Collector.run { server, collector in
            try await Self.register(server, traceparent: "00-\(Self.trace)-\(Self.span)-01")
            let span = try #require(try collector.spans().first { $0.name == "POST /oauth/register" })
            #expect(span.traceID != Self.trace && span.parentID == nil)
            let line = server.auditLog.all.first { $0.contains("client.registered") } ?? ""
            #expect(line.contains(#""trace_id":"\#(span.traceID)""#))
        }
    }

    @Test("a share of 0 records nothing, and the trail names no trace that does not exist")
    func nothingRecorded() async throws {
        try await Collector.run(share: 0) { server, collector in
            try await Self.register(server)
            #expect(collector.requests.isEmpty)
            #expect(!server.auditLog.all.contains { $0.contains("trace_id") })
        }
    }

    @Test("without a collector nothing is traced and no metric is there")
    func off() async throws {
        try await TestServer.run { (server) async throws in
            try await Self.register(server)
            #expect(!server.auditLog.all.contains { $0.contains("trace_id") })
            let metrics = try await BrowserScene.metrics(of: server)
            #expect(metrics.keys.allSatisfy { !$0.hasPrefix("gatehouse_trace") })
        }
    }

    @Test("what waits is sent before a server ends")
    func shutdown() async throws {
        try await DocumentHost.run { host in
            host.serve(.init(body: Array("{}".utf8)), at: Collector.path)
            let collector = Collector(host: host)
            let server = try await TestServer.start(
                configure: { $0.tracing.otlp.endpoint = host.url(Collector.path) },
                environment: { $0.maintainsOnTimer = false }
            )
            let answer = try await server.visitor.send("GET", "/.well-known/oauth-authorization-server")
            #expect(answer.status == 200)
            #expect(collector.requests.isEmpty)
            await server.shutdown()
            let names = try collector.spans().filter { $0.kind == 2 }.map(\.name)
            #expect(names == ["GET /.well-known/oauth-authorization-server"])
        }
    }
}
