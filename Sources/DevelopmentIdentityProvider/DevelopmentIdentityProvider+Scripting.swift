import OAuthProtocol

/// Faults and captures.
extension DevelopmentIdentityProvider {
    /// Has the next requests to an endpoint go wrong, after those that are scripted already.
    ///
    /// - Parameters:
    ///   - faults: What goes wrong, all of it with the same request.
    ///   - endpoint: Where; for the sign-in with a page, faults of the authorization endpoint wait for the redirect.
    ///   - times: With how many requests.
    package func script(_ faults: Fault..., on endpoint: EndpointName, times: Int = 1) {
        for fault in faults {
            precondition(fault.applies(to: endpoint), "\(endpoint) cannot go wrong in this way")
        }
        context.script.append(faults, on: endpoint, times: times)
    }

    /// Forgets the faults that have not happened yet.
    package func clearScript() { context.script.clear() }

    /// How many requests to an endpoint are still to go wrong.
    package func pendingFaultCount(on endpoint: EndpointName) -> Int { context.script.pendingCount(on: endpoint) }

    /// The requests that came, oldest first, also those that a fault has answered.
    package func capturedRequests(on endpoint: EndpointName? = nil) -> [CapturedRequest] {
        context.capture.requests(on: endpoint)
    }

    /// How many requests came to an endpoint.
    package func requestCount(on endpoint: EndpointName) -> Int { context.capture.count(on: endpoint) }

    /// Waits until that many requests came to an endpoint in all, or the task is cancelled.
    package func waitForRequests(_ count: Int, on endpoint: EndpointName) async {
        await context.capture.wait(for: count, on: endpoint)
    }

    /// Forgets the requests that came.
    package func clearCapturedRequests() { context.capture.clear() }
}
