import Synchronization

/// The requests in order of arrival; only the newest are kept.
final class RequestCapture: Sendable {
    private struct State {
        var requests: [CapturedRequest] = []
        var counts: [EndpointName: Int] = [:]
        var observers: [(endpoint: EndpointName, count: Int, continuation: AsyncStream<Never>.Continuation)] = []
    }

    /// The most requests that are kept.
    static let requestCountMax = 10_000

    private let state = Mutex(State())

    /// Adds a request and wakes the callers that waited for it.
    func append(_ request: CapturedRequest) {
        let noticed = state.withLock { state in
            if state.requests.count == RequestCapture.requestCountMax { state.requests.removeFirst() }
            state.requests.append(request)
            let count = state.counts[request.endpoint, default: 0] + 1
            state.counts[request.endpoint] = count
            func isMet(_ endpoint: EndpointName, _ wanted: Int) -> Bool {
                endpoint == request.endpoint && wanted <= count
            }
            let noticed = state.observers.filter { isMet($0.endpoint, $0.count) }
            state.observers.removeAll { isMet($0.endpoint, $0.count) }
            return noticed
        }
        for observer in noticed { observer.continuation.finish() }
    }

    /// The requests, of one endpoint or of all.
    func requests(on endpoint: EndpointName?) -> [CapturedRequest] {
        let all = state.withLock { $0.requests }
        guard let endpoint else { return all }
        return all.filter { $0.endpoint == endpoint }
    }

    /// How many requests an endpoint has received since the start or the last reset.
    func count(on endpoint: EndpointName) -> Int {
        state.withLock { $0.counts[endpoint, default: 0] }
    }

    /// Waits until an endpoint has received that many requests, or the task is cancelled.
    func wait(for count: Int, on endpoint: EndpointName) async {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        let isThere = state.withLock { state in
            guard state.counts[endpoint, default: 0] < count else { return true }
            state.observers.append((endpoint, count, continuation))
            return false
        }
        if isThere { return }
        for await _ in stream {}
    }

    /// Removes all requests.
    func clear() {
        state.withLock { state in
            state.requests = []
            state.counts = [:]
        }
    }
}
