import OpenSSLCrypto
import SocketHTTP
import UpstreamIdentity

/// A flow that sends browsers to providers, and takes the providers' answers.
///
/// All flows share one callback path, because providers register one; a state belongs to one flow only.
protocol CallbackFlow: Sendable {
    /// Takes the answer, if its state is one of this flow.
    ///
    /// - Returns: What to answer; `nil` for a state of another flow.
    func take(
        _ answer: UpstreamCallback,
        at provider: UpstreamProvider,
        _ request: Request,
        _ context: RequestContext
    ) async -> CallbackAnswers.Outcome?
}
