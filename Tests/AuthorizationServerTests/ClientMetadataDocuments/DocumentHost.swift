import AuthorizationServerTesting
import HTTPTypes
import Logging
import OAuthProtocol
import SocketHTTP
import Synchronization

/// A web server on loopback that serves metadata documents, right or wrong, and counts who asks.
final class DocumentHost: RequestResponder {
    struct Page: Sendable {
        var status: HTTPResponse.Status = .ok
        var fields: HTTPFields = [.contentType: "application/json"]
        var body: [UInt8] = []
        /// Holds the answer back until it is opened.
        var gate: Gate?
    }

    /// Holds answers back until it is opened.
    final class Gate: Sendable {
        private let stream: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation

        init() {
            (stream, continuation) = AsyncStream.makeStream()
        }

        func open() { continuation.finish() }

        fileprivate func pass() async { for await _ in stream {} }
    }

    private struct State {
        var pages: [String: Page] = [:]
        var requests: [Request] = []
    }

    private let state = Mutex(State())
    private let address = Mutex<String>("")

    /// Runs a host until the body ends.
    static func run(_ body: (DocumentHost) async throws -> Void) async throws {
        let host = DocumentHost()
        var settings = ServerConfiguration(listeners: [.init(address: SocketAddress(ip: .loopback, port: 0))])
        settings.eventLoopCount = 1
        let server = try HTTPServer(
            configuration: settings,
            responder: host,
            logger: Logger(label: "documents") { _ in SwiftLogNoOpLogHandler() }
        )
        let addresses = try await server.start()
        host.address.withLock { $0 = "http://\(addresses[0])" }
        do {
            try await body(host)
        } catch {
            await server.shutdown(gracePeriod: .zero)
            throw error
        }
        await server.shutdown(gracePeriod: .zero)
    }

    func respond(to request: Request) async -> Response {
        let page = state.withLock { state in
            state.requests.append(request)
            return state.pages[request.path]
        }
        guard let page else { return Response(status: .notFound, headerFields: [.contentType: "text/html"]) }
        await page.gate?.pass()
        if let tag = page.fields[.eTag], request[.ifNoneMatch] == tag {
            return Response(status: .notModified, headerFields: page.fields)
        }
        return Response(status: page.status, headerFields: page.fields, body: page.body)
    }

    func url(_ path: String = "/client.json") -> String { address.withLock { $0 } + path }

    /// What `path` answers from now on.
    func serve(_ page: Page, at path: String = "/client.json") {
        state.withLock { $0.pages[path] = page }
    }

    /// Serves a document whose fields a test can change; returns its URL.
    @discardableResult
    func publish(
        at path: String = "/client.json",
        fields: HTTPFields = [:],
        gate: Gate? = nil,
        _ change: (inout JSONObject) -> Void = { _ in }
    ) -> String {
        var json: JSONObject = [
            "client_id": .string(url(path)), "client_name": "Documented client",
            "redirect_uris": ["http://127.0.0.1/callback", "https://client.example/callback"],
        ]
        change(&json)
        var page = Page(body: json.serialized(), gate: gate)
        page.fields.append(contentsOf: fields)
        serve(page, at: path)
        return url(path)
    }

    /// The requests so far.
    var requests: [Request] { state.withLock { $0.requests } }
}

extension OAuthTestClient {
    /// A client that is known by its document.
    static func documented(_ url: String, at server: TestServer) -> OAuthTestClient {
        var client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: TestServer.resource)
        client.id = url
        return client
    }
}
