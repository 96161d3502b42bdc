package import CoreMetrics

/// The server's own numbers, named `gatehouse_…`.
///
/// Labels are bounded: never a client, a user or a token (D-25).
package struct ServerMetrics: Sendable {
    private let factory: any MetricsFactory

    /// Numbers in a factory.
    package init(factory: any MetricsFactory) {
        self.factory = factory
    }

    private func increment(_ label: String, _ dimensions: [(String, String)]) {
        Counter(label: label, dimensions: dimensions, factory: factory).increment()
    }

    /// A request to the token endpoint was answered.
    func tokenRequest(grant: String, result: String) {
        tokenRequests(grant: grant, result: result).increment()
    }

    /// The counter of answered token requests with this result, for frequent callers.
    func tokenRequests(grant: String, result: String) -> Counter {
        Counter(
            label: "gatehouse_token_requests_total",
            dimensions: [("grant", grant), ("result", result)],
            factory: factory
        )
    }

    /// An authorization request was answered.
    func authorization(result: String) {
        increment("gatehouse_authorizations_total", [("result", result)])
    }

    /// The consent page was answered.
    func consent(decision: String) {
        increment("gatehouse_consent_total", [("decision", decision)])
    }

    /// A revocation request was answered.
    func revocation(result: String) {
        increment("gatehouse_revocations_total", [("result", result)])
    }

    /// The counter of answered introspection requests with this result, for frequent callers.
    func introspections(result: String) -> Counter {
        Counter(label: "gatehouse_introspections_total", dimensions: [("result", result)], factory: factory)
    }

    /// A registration was answered.
    func registration(result: String) {
        increment("gatehouse_registrations_total", [("result", result)])
    }

    /// A client's metadata document was used, or why it was not.
    func metadataDocument(result: String) {
        increment("gatehouse_metadata_documents_total", [("result", result)])
    }

    /// A leg at an upstream provider ended.
    func upstreamLogin(_ upstream: String, result: String) {
        increment("gatehouse_upstream_logins_total", [("upstream", upstream), ("result", result)])
    }

    /// Upstream tokens were refreshed, or a refresh failed.
    func upstreamRefresh(_ upstream: String, result: String) {
        increment("gatehouse_upstream_refresh_total", [("upstream", upstream), ("result", result)])
    }

    /// An upstream token was returned, or refused.
    func retrieval(_ upstream: String, result: String) {
        increment("gatehouse_vault_vends_total", [("upstream", upstream), ("result", result)])
    }

    /// A user had to connect again; the most important number for operators.
    func reauthorizationForced(reason: String) {
        increment("gatehouse_reauthorizations_forced_total", [("reason", reason)])
    }

    /// A refresh token was accepted that is newer than the state, which therefore was restored.
    func refreshTokenAheadOfState() {
        increment("gatehouse_refresh_tokens_ahead_of_state_total", [])
    }

    /// A session ended because a provider that it needs had ended its part, or because of `required_claims`.
    func sessionEnded(by upstream: String) {
        increment("gatehouse_sessions_ended_upstream_total", [("upstream", upstream)])
    }

    /// Tokens that were erased here were revoked at their provider, or could not be.
    func providerRevocation(_ upstream: String, result: String) {
        increment("gatehouse_upstream_revocations_total", [("upstream", upstream), ("result", result)])
    }

    /// A security event was pushed (RFC 8935), or could not be.
    func eventPush(result: String) {
        increment("gatehouse_event_pushes_total", [("result", result)])
    }

    /// A DPoP proof was examined (RFC 9449).
    func proof(result: String) {
        increment("gatehouse_dpop_proofs_total", [("result", result)])
    }

    /// A source had used up its allowance.
    func throttled(purpose: String) {
        increment("gatehouse_throttled_total", [("purpose", purpose)])
    }

    /// Sets a gauge.
    func gauge(_ label: String, _ value: Int) {
        Gauge(label: label, factory: factory).record(value)
    }

    /// Sets a counter to a total that is counted elsewhere and only grows, so that `rate()` survives a restart.
    func total(_ label: String, _ value: Int) {
        let counter = factory.makeCounter(label: label, dimensions: [])
        if let counter = counter as? PrometheusCounter {
            counter.set(Int64(value))
        } else {
            counter.reset()
            counter.increment(by: Int64(value))
        }
    }

    /// A series for the requests of one route.
    func route(_ name: String) -> RouteMetrics {
        RouteMetrics(
            answers: ["1xx", "2xx", "3xx", "4xx", "5xx"].map { status in
                Counter(
                    label: "gatehouse_http_requests_total",
                    dimensions: [("route", name), ("status", status)],
                    factory: factory
                )
            },
            duration: Timer(
                label: "gatehouse_http_request_seconds",
                dimensions: [("route", name)],
                preferredDisplayUnit: .seconds,
                factory: factory
            )
        )
    }
}

/// Counts and times the requests of one route.
struct RouteMetrics: Sendable {
    fileprivate let answers: [Counter]
    fileprivate let duration: Timer

    func answered(status: Int, nanoseconds: Int64) {
        let index = status / 100 - 1
        if answers.indices.contains(index) {
            answers[index].increment()
        }
        duration.recordNanoseconds(nanoseconds)
    }
}
