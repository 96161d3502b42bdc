/// Sends one HTTP request to another server and waits for the complete answer.
///
/// `CurlClient` opens connections; tests of other targets use a scripted transport instead.
package protocol OutboundTransport: Sendable {
    /// Sends the request. Any status is a response; the method throws only when there was no complete answer.
    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse
}
