import DevelopmentIdentityProvider
import Synchronization

/// The faults that a test has scripted by the public interface, so that the harness can say which no request has met.
final class ScriptedUpstreamFaults: Sendable {
    private struct Entry {
        let fault: String
        let upstream: String
        let provider: DevelopmentIdentityProvider
        let endpoint: EndpointName
        let times: Int
    }

    private let state = Mutex<(entries: [Entry], refused: [String])>(([], []))

    func add(_ fault: String, at endpoint: EndpointName, of upstream: EmbeddedUpstream, times: Int) {
        let entry = Entry(
            fault: fault,
            upstream: upstream.name,
            provider: upstream.provider,
            endpoint: endpoint,
            times: times
        )
        state.withLock { $0.entries.append(entry) }
    }

    /// Keeps a fault that could not be scripted.
    func refuse(_ reason: String) { state.withLock { $0.refused.append(reason) } }

    func clear() { state.withLock { $0 = ([], []) } }

    /// Those that are left at the end of each endpoint's queue.
    var unmet: [String] {
        let (entries, refused) = state.withLock { $0 }
        var left: [String: Int] = [:]
        var texts: [String] = []
        for entry in entries.reversed() {
            let place = "\(entry.upstream) \(entry.endpoint.path)"
            let pending = left[place] ?? entry.provider.pendingFaultCount(on: entry.endpoint)
            if pending > 0 { texts.append("\(place): \(entry.fault)") }
            left[place] = pending - entry.times
        }
        return refused + texts.reversed()
    }
}

/// The body of a test has ended without a request that met these faults.
public struct FaultsNotMet: Error, Hashable, CustomStringConvertible {
    /// The faults, such as `corp /token: token-503`.
    public let faults: [String]

    /// The faults and the remedy.
    public var description: String {
        """
        no request met these faults, so the test does not show what they cause: \(faults.joined(separator: ", ")); \
        make the request, or call clearFaults()
        """
    }
}
