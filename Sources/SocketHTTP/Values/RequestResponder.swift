/// Answers requests: the router, or a layer in front of it.
package protocol RequestResponder: Sendable {
    /// Answers one request; runs on the connection's event loop and must not block it.
    func respond(to request: Request) async -> Response
}
