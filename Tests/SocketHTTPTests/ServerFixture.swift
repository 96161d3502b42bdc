import HTTPTypes
import Logging
import SocketHTTP

/// A responder made of one closure.
struct ClosureResponder: RequestResponder {
    let body: @Sendable (Request) async -> Response

    func respond(to request: Request) async -> Response {
        await body(request)
    }
}

/// Runs a server on a free loopback port around `body`, and shuts it down afterwards.
func withServer(
    loops: Int = 1,
    address: SocketAddress = SocketAddress(ip: .loopback, port: 0),
    tls: TLSConfiguration? = nil,
    configure: (inout ServerConfiguration) -> Void = { _ in },
    responder: any RequestResponder = echo,
    _ body: (HTTPServer, SocketAddress) async throws -> Void
) async throws {
    var configuration = ServerConfiguration(listeners: [.init(address: address, tls: tls)])
    configuration.eventLoopCount = loops
    configure(&configuration)
    let server = try HTTPServer(
        configuration: configuration,
        responder: responder,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        unixTime: { 784_111_777 }
    )
    let addresses = try await server.start()
    // Test clients block, so each test has a thread of its own; the global pool has one per core, for everybody.
    let thread = try EventLoop(name: "client")
    try thread.start()
    do {
        try await withTaskExecutorPreference(thread) { try await body(server, addresses[0]) }
    } catch {
        await server.shutdown(gracePeriod: .zero)
        thread.stop()
        throw error
    }
    await server.shutdown(gracePeriod: .zero)
    thread.stop()
}

/// Answers with what it understood of the request.
let echo = ClosureResponder { request in
    let text = "\(request.method.rawValue) \(request.path) \(request.query ?? "-") "
    return Response(
        status: .ok,
        headerFields: [.contentType: "text/plain"],
        body: Array(text.utf8) + request.body
    )
}

extension String {
    /// A GET for a path.
    static func get(_ path: String, fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n"
    }
}
