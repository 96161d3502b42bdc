import DevelopmentIdentityProvider
import OAuthProtocol
import Synchronization

/// The requests at providers that tests hold, each until its test releases it.
final class HeldFaults: Sendable {
    private struct Entry {
        let id: String
        let upstream: String
        let endpoint: EndpointName
        let gate: ResponseGate
    }

    private struct State {
        var entries: [Entry] = []
        var number = 0
    }

    /// The most that are kept; beyond it a test has to release some.
    static let countMax = 100

    private let state = Mutex(State())

    /// Keeps a closed gate.
    ///
    /// - Returns: Its id; `nil` at the bound.
    func add(_ gate: ResponseGate, upstream: String, endpoint: EndpointName) -> String? {
        state.withLock { state in
            guard state.entries.count < Self.countMax else { return nil }
            state.number += 1
            let id = "hold-\(state.number)"
            state.entries.append(Entry(id: id, upstream: upstream, endpoint: endpoint, gate: gate))
            return id
        }
    }

    /// The gate of an id.
    func gate(_ id: String) -> ResponseGate? { state.withLock { $0.entries.first { $0.id == id }?.gate } }

    /// Opens one gate, or all, and forgets them.
    ///
    /// - Returns: How many requests had arrived at them; `nil` when there is no such id.
    func release(_ id: String?) -> Int? {
        let released = state.withLock { state in
            let released = state.entries.filter { id == nil || $0.id == id }
            state.entries.removeAll { id == nil || $0.id == id }
            return released
        }
        guard id == nil || !released.isEmpty else { return nil }
        let count = released.reduce(0) { $0 + $1.gate.arrivalCount }
        for entry in released { entry.gate.open() }
        return count
    }

    /// What is held, oldest first.
    var report: [JSONValue] {
        state.withLock { $0.entries }.map { entry in
            [
                "id": .string(entry.id), "upstream": .string(entry.upstream), "endpoint": .string(entry.endpoint.path),
                "arrived": .integer(entry.gate.arrivalCount),
            ]
        }
    }
}
