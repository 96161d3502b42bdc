import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// D-80: how many logins one source may begin, so that it cannot fill the table of logins in progress and lock out
/// everyone else (LM-1).
///
/// Counted where a login is about to be stored: visits of the consent page store nothing and are not counted.
package struct AuthorizationLimit: Sendable {
    private let limiter: SourceLimiter
    private let metrics: ServerMetrics
    private let pages: PageRenderer
    private let refusals: RefusalRecords?

    /// A limit that counts in `limiter`.
    package init(
        limiter: SourceLimiter,
        metrics: ServerMetrics,
        pages: PageRenderer,
        refusals: RefusalRecords? = nil
    ) {
        self.limiter = limiter
        self.metrics = metrics
        self.pages = pages
        self.refusals = refusals
    }

    /// Counts a login that is about to begin; returns the page to answer when it exceeds the allowance.
    func refusal(_ context: RequestContext) async -> Response? {
        guard let retryAfter = await limiter.spend(.authorization, source: context.source, now: context.now) else {
            return nil
        }
        metrics.throttled(purpose: "authorization")
        refusals?.record(.throttled("authorization"), of: "", context)
        var response = pages.error(.tooManyLogins, status: .tooManyRequests)
        response.headerFields[.retryAfter] = retryAfter.retryAfterSeconds
        return response
    }
}
