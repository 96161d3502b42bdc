/// Sends one HTTP request to somebody else's server and waits for the whole answer.
///
/// `CurlClient` is the one that dials; tests of other rooms put a scripted one in its place.
package protocol OutboundTransport: Sendable {
    /// Sends the request. Any status is a response; only an exchange that did not come to an answer throws.
    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse
}
