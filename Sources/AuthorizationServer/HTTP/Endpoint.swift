package import SocketHTTP

/// One resource of the server's HTTP surface.
///
/// It does not throw: failures are mapped to a response inside.
package protocol Endpoint: Sendable {
    /// Answers a request.
    func respond(to request: Request, context: RequestContext) async -> Response
}
