import DevelopmentIdentityProvider

/// What provider and server have received, redacted, queryable, waitable.
extension TestServer {
    /// The requests that an identity provider has received, oldest first, those that a fault answered included.
    ///
    /// - Parameters:
    ///   - upstream: At this upstream; at the first one with `nil`.
    ///   - endpoint: At this endpoint; at all with `nil`.
    /// - Returns: The requests since the start or ``forgetRequests()``; the newest 10,000.
    /// - Throws: ``HarnessError`` when there is no such upstream.
    public func upstreamRequests(
        _ upstream: String? = nil,
        at endpoint: UpstreamEndpoint? = nil
    ) throws(HarnessError) -> [RecordedRequest] {
        let found = try upstreamParts(upstream)
        let place = endpoint?.place(isOAuth2: found.isOAuth2)
        return found.provider.capturedRequests(on: place).map { RecordedRequest($0.redacted) }
    }

    /// Waits until an identity provider has received that many requests at an endpoint since the start or
    /// ``forgetRequests()``.
    ///
    /// - Returns: The requests.
    /// - Throws: ``HarnessError`` when there is no such upstream, or fewer came within the time.
    @discardableResult
    public func waitForUpstreamRequests(
        _ count: Int,
        upstream: String? = nil,
        at endpoint: UpstreamEndpoint,
        within limit: Duration = .seconds(30)
    ) async throws -> [RecordedRequest] {
        let found = try upstreamParts(upstream)
        let place = endpoint.place(isOAuth2: found.isOAuth2)
        await embedding.timer.wait(limit) { await found.provider.waitForRequests(count, on: place) }
        let received = found.provider.requestCount(on: place)
        guard received >= count else {
            throw HarnessError("\(found.name) has received \(received) of \(count) requests at \(place.path)")
        }
        return try upstreamRequests(upstream, at: endpoint)
    }

    /// The requests that the server has answered, oldest first, of one route (`token`, `authorize`, `introspect`, …)
    /// or of all; the newest 10,000 since the start or ``forgetRequests()``.
    public func requests(route: String? = nil) -> [AnsweredRequest] {
        embedding.requests.requests(on: route).map(AnsweredRequest.init)
    }

    /// Waits until the server has answered that many requests since the start or ``forgetRequests()``.
    ///
    /// - Returns: The requests.
    /// - Throws: ``HarnessError`` when fewer were answered within the time; it names the routes that were.
    @discardableResult
    public func waitForRequests(
        _ count: Int,
        route: String? = nil,
        within limit: Duration = .seconds(30)
    ) async throws -> [AnsweredRequest] {
        let capture = embedding.requests
        await embedding.timer.wait(limit) { await capture.wait(for: count, on: route) }
        let answered = capture.count(on: route)
        guard answered >= count else {
            let routes = Set(requests().map(\.route)).sorted().joined(separator: ", ")
            throw HarnessError("the server has answered \(answered) of \(count) requests; routes so far: \(routes)")
        }
        return requests(route: route)
    }

    /// Forgets the requests so far, at the server and at every provider.
    public func forgetRequests() {
        embedding.requests.clear()
        for found in allUpstreams { found.provider.clearCapturedRequests() }
    }
}
