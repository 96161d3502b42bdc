import DevelopmentIdentityProvider

extension TestServer {
    /// Makes an identity provider fail its next requests.
    ///
    /// ``withGatehouse(_:_:)`` fails a test whose faults no request has met: such a test shows nothing.
    ///
    /// - Parameters:
    ///   - fault: What happens.
    ///   - upstream: At this upstream; the first one with `nil`.
    ///   - endpoint: At this endpoint; the fault's usual one with `nil`. If a sign-in page is shown, faults of the
    ///     authorization endpoint affect the redirect after it.
    ///   - times: How many requests fail, after those of faults that were scripted before, at most 10,000.
    /// - Throws: ``HarnessError`` when there is no such upstream, or the fault would change nothing at the endpoint.
    public func fail(
        _ fault: UpstreamFault,
        upstream: String? = nil,
        at endpoint: UpstreamEndpoint? = nil,
        times: Int = 1
    ) throws(HarnessError) {
        let found = try upstreamParts(upstream)
        guard let placed = fault.placed else {
            throw HarnessError("\(fault.name): the number must be from 0 to 3600")
        }
        guard 1...10_000 ~= times else { throw HarnessError("times must be from 1 to 10,000") }
        let usual = found.isOAuth2 ? placed.endpoint.ofOAuth2 : placed.endpoint
        let place = endpoint?.place(isOAuth2: found.isOAuth2) ?? usual
        guard placed.fault.applies(to: place) else {
            throw HarnessError("\(fault.name) changes nothing at \(place.path) of \(found.name)")
        }
        embedding.faults.add(fault.name, at: place, of: found, times: times)
        found.provider.script(placed.fault, on: place, times: times)
    }

    /// Makes the first identity provider fail the next request to its token endpoint.
    ///
    /// A fault that changes nothing there is one that no request meets: ``unmetFaults``.
    public func failNextUpstreamTokenRequest(_ fault: UpstreamFault) {
        do throws(HarnessError) {
            try fail(fault, at: .token)
        } catch {
            embedding.faults.refuse(error.description)
        }
    }

    /// Holds the next request to an endpoint until it is released, so that a test can look at the server in between.
    ///
    /// - Parameters:
    ///   - upstream: At this upstream; the first one with `nil`.
    ///   - endpoint: At this endpoint.
    ///   - isPerformed: Whether the provider performs the request at once and holds its answer only.
    /// - Returns: The held request; ``HeldRequest/release()`` lets it continue.
    /// - Throws: ``HarnessError`` when there is no such upstream.
    public func hold(
        upstream: String? = nil,
        at endpoint: UpstreamEndpoint = .token,
        performed isPerformed: Bool = false
    ) throws(HarnessError) -> HeldRequest {
        let found = try upstreamParts(upstream)
        let gate = ResponseGate()
        let place = endpoint.place(isOAuth2: found.isOAuth2)
        embedding.faults.add("hold", at: place, of: found, times: 1)
        found.provider.script(isPerformed ? .holdResponse(gate) : .hold(gate), on: place)
        return HeldRequest(gate: gate, timer: embedding.timer)
    }

    /// Removes the faults that have not occurred yet, at every provider.
    public func clearFaults() {
        embedding.faults.clear()
        for found in allUpstreams { found.provider.clearScript() }
    }

    /// The faults that no request has met yet, such as `corp /token: token-503`.
    public var unmetFaults: [String] { embedding.faults.unmet }
}

/// A request at an identity provider that waits for the test.
public final class HeldRequest: Sendable {
    private let gate: ResponseGate
    private let timer: HarnessTimer

    init(gate: ResponseGate, timer: HarnessTimer) {
        self.gate = gate
        self.timer = timer
    }

    /// A test that ends without it must not leave the request waiting.
    deinit { gate.open() }

    /// Waits until the request has arrived.
    ///
    /// - Throws: ``HarnessError`` when it has not within the time.
    public func waitUntilHeld(within limit: Duration = .seconds(30)) async throws {
        await timer.wait(limit) { [gate] in await gate.waitForArrivals() }
        guard gate.arrivalCount > 0 else { throw HarnessError("no request has arrived within \(limit)") }
    }

    /// Whether the request has arrived.
    public var isHeld: Bool { gate.arrivalCount > 0 }

    /// Lets it continue, and every later one.
    public func release() { gate.open() }
}
