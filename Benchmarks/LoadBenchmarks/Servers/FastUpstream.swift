import HTTPTypes
import Logging
import SocketHTTP

/// A provider's token endpoint that takes no time: it answers each refresh with tokens that have already expired, so
/// that the next retrieval refreshes again.
struct FastUpstream {
    let url: String
    private let server: HTTPServer

    static func start(_ logger: Logger) async throws -> FastUpstream {
        var router = Router()
        let body = #"""
            {"access_token":"fast-upstream-access-token","token_type":"Bearer","expires_in":1,\#
            "refresh_token":"fast-upstream-refresh-token"}
            """#
        let answer = Response.prepared(headerFields: [.contentType: "application/json"], body: Array(body.utf8))
        router.on(.post, "/token") { _ in answer }
        var configuration = ServerConfiguration(listeners: [.init(address: SocketAddress(ip: .loopback, port: 0))])
        configuration.eventLoopCount = 1
        let server = try HTTPServer(configuration: configuration, responder: router, logger: logger)
        guard let address = try await server.start().first else { throw SocketError(operation: "bind", code: 0) }
        return FastUpstream(url: "http://\(address)", server: server)
    }
    func stop() async {
        await server.shutdown(gracePeriod: .zero)
    }
}
