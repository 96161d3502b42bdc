import AuthorizationServerTesting
import HTTPTypes
import Logging
import OAuthProtocol
import SocketHTTP
import Testing

@testable import AuthorizationServer

/// An endpoint is declared once: what is served, answered to preflights, advertised and described comes from there.
@Suite("Surfaces: an endpoint is declared once")
struct SurfaceTests {
    /// An endpoint as a contributor would add it.
    private struct SampleEndpoint: Endpoint {
        let surfaces: [Surface]

        func respond(to request: Request, context: RequestContext) async -> Response {
            .json(Array(#"{"parameter":"\#(request.pathParameter ?? "")"}"#.utf8))
        }
    }

    private static let operation = OpenAPIOperation(
        id: "sample",
        summary: "Answers.",
        responses: [(200, .json("An answer", OpenAPISchema("Sample", required: [], ["parameter": ["type": "string"]])))]
    )

    private static func responder(_ surfaces: Surface..., issuerPath: String = "") -> any RequestResponder {
        var routes = ServerRoutes(
            sources: SourceAddressResolver(trustedProxies: []),
            timeSource: ManualClock(),
            clock: StandingClock(),
            instruments: Instruments(
                metrics: ServerMetrics(factory: PrometheusRegistry()),
                audit: AuditTrail(sink: UnboundedAuditSink { _ in }),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        )
        routes.mount(SampleEndpoint(surfaces: surfaces), issuerPath: issuerPath)
        return routes.responder
    }

    private struct StandingClock: ElapsedTimeSource {
        func nanoseconds() -> Int64 { 0 }
    }

    private static func status(
        _ responder: any RequestResponder,
        _ method: HTTPRequest.Method,
        _ path: String
    ) async -> Int {
        await responder.respond(to: Request(method: method, path: path)).status.code
    }

    @Test("its methods are served at its path below the issuer's, and nothing else is")
    func served() async {
        let sample = Self.responder(Surface(.post, "/sample/{id}", name: "sample"), issuerPath: "/t1")
        #expect(await Self.status(sample, .post, "/t1/sample/x") == 200)
        #expect(await Self.status(sample, .get, "/t1/sample/x") == 405)
        for path in ["/sample/x", "/t1/sample", "/t1/sample/x/y", "/t1/t1/sample/x"] {
            #expect(await Self.status(sample, .post, path) == 404, "\(path)")
        }
        let atHost = Self.responder(Surface(.get, "/sample", base: .host, name: "sample"), issuerPath: "/t1")
        #expect(await Self.status(atHost, .get, "/sample") == 200)
        #expect(await Self.status(atHost, .get, "/t1/sample") == 404)
    }

    @Test("its rule for other origins answers preflights")
    func origins() async {
        let open = Self.responder(Surface(.get, "/open", name: "sample", origins: .all))
        let answer = await open.respond(to: Request(method: .options, path: "/open"))
        #expect(answer.status == .noContent)
        #expect(answer.headerFields[.accessControlAllowMethods] == "GET, HEAD")
        let closed = Self.responder(Surface(.get, "/closed", name: "sample", origins: .refused))
        #expect(await Self.status(closed, .options, "/closed") == 403)
        let silent = Self.responder(Surface(.get, "/silent", name: "sample"))
        #expect(await Self.status(silent, .options, "/silent") == 404)
        let both = Surface(path: "/both", name: "sample", methods: [.method(.get), .method(.post)], origins: .all)
        #expect(both.crossOriginMethods == "GET, POST")
    }

    @Test("its operation is described with its schemas, and what has none is not")
    func described() throws {
        let surfaces = [
            Surface(.post, "/sample", name: "sample", Self.operation), Surface(.put, "/sample", name: "sample"),
            Surface(.get, "/hidden", name: "sample"), Surface(.get, "/sample", name: "sample", Self.operation),
        ]
        let issuer = try Issuer("https://auth.example.com/t1")
        let json = OpenAPIDocument(issuer: issuer, surfaces: surfaces).json
        let paths = try #require(json["paths"]?.objectValue)
        #expect(paths.names == ["/t1/sample"])
        #expect(paths["/t1/sample"]?.objectValue?.names == ["post", "get"])
        let schemas = json["components"]?.objectValue?["schemas"]?.objectValue
        #expect(Set(schemas?.names ?? []) == ["Error", "Sample"])
    }

    @Test("everything that the metadata document names is an endpoint's own path, as the endpoint is switched on")
    func advertised() async throws {
        try await TestServer.run { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let metadata = try await client.send("GET", "/.well-known/oauth-authorization-server").json
            let described = try await client.send("GET", "/openapi.json").json["paths"]?.objectValue?.names ?? []
            let named = metadata.members.filter { $0.name.hasSuffix("_endpoint") || $0.name == "jwks_uri" }
            #expect(named.count >= 7)
            for member in named {
                let path = String((member.value.stringValue ?? "").dropFirst(server.issuer.count))
                #expect(described.contains(path), "\(member.name)")
            }
        }
    }
}
