import HTTPTypes
import Synchronization

/// A server's counters since its start; collected on demand.
package struct ServerCounters: Hashable, Sendable {
    /// Connections open now.
    package var openConnections = 0
    /// Bytes of incomplete and unanswered requests that are held now.
    package var heldRequestBytes = 0
    /// Connections accepted, including those turned away.
    package var acceptedConnections = 0
    /// Connections turned away because a bound was reached or descriptors ran out.
    package var refusedConnections = 0
    /// Those among them that were turned away because of the bound on one network.
    package var connectionsRefusedByNetwork = 0
    /// Requests handed to the responder.
    package var requests = 0
    /// Requests refused before they reached the responder, by status code.
    package var rejectedRequests: [Int: Int] = [:]
    /// TLS handshakes that failed.
    package var failedHandshakes = 0
    /// Bytes received from sockets.
    package var bytesReceived = 0
    /// Bytes sent to sockets.
    package var bytesSent = 0

    /// Makes counters at zero.
    package init() {}
}

/// The counters of one event loop: written by its thread only, read by any.
final class LoopCounters: Sendable {
    /// A number with one writer, so that adding needs no locked instruction.
    struct Counter: ~Copyable, Sendable {
        private let value = Atomic<Int>(0)

        borrowing func add(_ number: Int) {
            value.store(value.load(ordering: .relaxed) &+ number, ordering: .relaxed)
        }

        var current: Int { value.load(ordering: .relaxed) }
    }

    let accepted = Counter()
    let refused = Counter()
    let refusedByNetwork = Counter()
    let requests = Counter()
    let failedHandshakes = Counter()
    let bytesReceived = Counter()
    let bytesSent = Counter()
    private let rejected = Mutex<[Int: Int]>([:])

    func countRejection(_ status: HTTPResponse.Status) {
        rejected.withLock { $0[status.code, default: 0] += 1 }
    }

    func add(to counters: inout ServerCounters) {
        counters.acceptedConnections += accepted.current
        counters.refusedConnections += refused.current
        counters.connectionsRefusedByNetwork += refusedByNetwork.current
        counters.requests += requests.current
        counters.failedHandshakes += failedHandshakes.current
        counters.bytesReceived += bytesReceived.current
        counters.bytesSent += bytesSent.current
        rejected.withLock { counters.rejectedRequests.merge($0, uniquingKeysWith: +) }
    }
}
