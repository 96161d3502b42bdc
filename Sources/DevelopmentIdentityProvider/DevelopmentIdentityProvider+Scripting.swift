import OAuthProtocol

/// Scripting of faults, and inspection of captured requests.
extension DevelopmentIdentityProvider {
    /// Makes the next requests to an endpoint fail, after those that are scripted already.
    ///
    /// - Parameters:
    ///   - faults: The faults, all of which affect the same request.
    ///   - endpoint: The endpoint. If a sign-in page is shown, faults of the authorization endpoint affect the redirect
    ///     after it.
    ///   - times: The number of requests that fail.
    package func script(_ faults: Fault..., on endpoint: EndpointName, times: Int = 1) {
        for fault in faults {
            precondition(fault.applies(to: endpoint), "\(endpoint) does not support this fault")
        }
        context.script.append(faults, on: endpoint, times: times)
    }

    /// Removes the faults that have not occurred yet.
    package func clearScript() { context.script.clear() }

    /// How many requests to an endpoint will still fail.
    package func pendingFaultCount(on endpoint: EndpointName) -> Int { context.script.pendingCount(on: endpoint) }

    /// The captured requests, oldest first, including those that a fault answered.
    package func capturedRequests(on endpoint: EndpointName? = nil) -> [CapturedRequest] {
        context.capture.requests(on: endpoint)
    }

    /// How many requests an endpoint has received.
    package func requestCount(on endpoint: EndpointName) -> Int { context.capture.count(on: endpoint) }

    /// Waits until an endpoint has received that many requests in total, or the task is cancelled.
    package func waitForRequests(_ count: Int, on endpoint: EndpointName) async {
        await context.capture.wait(for: count, on: endpoint)
    }

    /// Removes the captured requests.
    package func clearCapturedRequests() { context.capture.clear() }
}
