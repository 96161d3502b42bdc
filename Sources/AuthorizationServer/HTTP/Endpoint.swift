import SocketHTTP

/// Answers requests, wherever it is mounted.
protocol RequestHandler: Sendable {
    /// Answers a request.
    func respond(to request: Request, context: RequestContext) async -> Response
}

/// One resource of the server's HTTP surface.
///
/// An endpoint is one file, one line in its feature's list, and one test file. It does not throw: failures are mapped
/// to a response inside.
protocol Endpoint: RequestHandler {
    /// Where it is, and what is said about it: usually one surface, several for one that is at several paths.
    var surfaces: [Surface] { get }
}
