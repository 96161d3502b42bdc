package import Logging
import Synchronization

/// The server's HTTP client: libcurl's multi interface on one thread per address policy.
///
/// A request never blocks the caller's thread; its task waits while the loop's thread transfers, and cancelling the
/// task aborts the transfer. Redirects, cookies, netrc, authentication and content decoding are off: the response is
/// what the server sent, within the request's limits. TLS is 1.2 or later and always verified.
///
/// Loops start with the first request that needs them. One client's loop serves at most `Configuration.requestsMax`
/// requests at a time under each policy. Fetches on behalf of strangers therefore have a client of their own
/// (`Configuration.strangers`), so that slow strangers cannot use up the capacity for the operator's identity
/// providers.
package final class CurlClient: OutboundTransport {
    private struct State {
        var loops: [AddressPolicy: CurlLoop] = [:]
        var isOpen = true
    }

    private let configuration: Configuration
    private let trustAnchors: TrustAnchors
    private let lookups: NameLookups
    private let logger: Logger
    private let state = Mutex(State())
    private let lastIdentifier = Atomic<UInt64>(0)

    /// Makes a client; throws `invalidConfiguration` when the CA file is unusable.
    package init(configuration: Configuration = Configuration(), logger: Logger) throws(OutboundError) {
        guard CurlLibrary.isReady else { throw OutboundError(.invalidConfiguration, "libcurl cannot be used") }
        self.configuration = configuration
        self.trustAnchors = try TrustAnchors(configuration)
        self.lookups = NameLookups(resolver: configuration.resolver, rules: configuration.lookups)
        self.logger = logger
    }

    deinit {
        for loop in state.withLock({ $0.loops.values }) { loop.abandon() }
    }

    /// Sends the request and, as far as it allows, follows redirects of a GET or HEAD.
    package func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        let deadline = ContinuousClock.now.advanced(by: request.limits.totalTimeout)
        var hop = request
        while true {
            let response = try await exchange(hop, until: deadline)
            guard let next = try Redirection.following(response, to: hop) else { return response }
            hop = next
        }
    }

    /// Completes every request in flight with `cancelled`, refuses later ones and waits for the loops' threads.
    package func shutdown() async {
        let loops = state.withLock { state in
            state.isOpen = false
            return Array(state.loops.values)
        }
        for loop in loops { await loop.shutdown() }
    }

    private func exchange(
        _ request: OutboundRequest,
        until deadline: ContinuousClock.Instant
    ) async throws(OutboundError) -> OutboundResponse {
        let plan = try ExchangePlan(request, deadline: deadline, proxy: configuration.proxy)
        let loop = try loop(for: request.addressPolicy)
        let identifier = lastIdentifier.add(1, ordering: .relaxed).newValue
        let cancellation = CancellationFlag()
        let result: Result<OutboundResponse, OutboundError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.post(
                    .start(
                        Submission(
                            identifier: identifier,
                            plan: plan,
                            cancellation: cancellation,
                            continuation: continuation
                        )
                    )
                )
            }
        } onCancel: {
            // The loop may receive this before the start; the flag then tells it.
            cancellation.raise()
            loop.post(.cancel(identifier))
        }
        if case .failure(let error) = result {
            logger.debug(
                "outbound request failed",
                metadata: ["host": "\(plan.target.host)", "error": "\(error)"]
            )
        }
        return try result.get()
    }

    private func loop(for policy: AddressPolicy) throws(OutboundError) -> CurlLoop {
        let found: Result<CurlLoop, OutboundError> = state.withLock { state in
            guard state.isOpen else { return .failure(OutboundError(.cancelled, "the client is shut down")) }
            if let loop = state.loops[policy] { return .success(loop) }
            guard let loop = CurlLoop.start(configuration, trustAnchors: trustAnchors, lookups: lookups) else {
                return .failure(OutboundError(.overloaded, "no resources for another loop"))
            }
            state.loops[policy] = loop
            return .success(loop)
        }
        return try found.get()
    }
}
