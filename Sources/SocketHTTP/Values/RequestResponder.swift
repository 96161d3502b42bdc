/// Answers requests: the router, or a layer in front of it.
package protocol RequestResponder: Sendable {
    /// Answers one request; runs on the connection's event loop and must not block it.
    func respond(to request: Request) async -> Response

    /// The responder of the next request: itself, unless it is one that can be exchanged while the server runs.
    var current: any RequestResponder { get }
}

extension RequestResponder {
    /// Itself.
    package var current: any RequestResponder { self }
}
