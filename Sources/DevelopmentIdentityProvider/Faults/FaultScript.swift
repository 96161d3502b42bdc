import OAuthProtocol
import Synchronization

/// The faults that are still to occur, one queue per endpoint.
final class FaultScript: Sendable {
    private struct Entry {
        let faults: [Fault]
        var times: Int
    }

    private let queues = Mutex<[EndpointName: [Entry]]>([:])

    /// Adds faults that occur together in each of that many requests.
    func append(_ faults: [Fault], on endpoint: EndpointName, times: Int) {
        guard times > 0, !faults.isEmpty else { return }
        queues.withLock { $0[endpoint, default: []].append(Entry(faults: faults, times: times)) }
    }

    /// Takes the faults of the next request.
    func next(for endpoint: EndpointName) -> ScriptedFaults {
        queues.withLock { queues in
            guard var entry = queues[endpoint]?.first else { return ScriptedFaults() }
            entry.times -= 1
            if entry.times == 0 {
                queues[endpoint]?.removeFirst()
            } else {
                queues[endpoint]?[0] = entry
            }
            return ScriptedFaults(entry.faults)
        }
    }

    /// Removes all faults.
    func clear() {
        queues.withLock { $0 = [:] }
    }

    /// How many requests will still meet a fault.
    func pendingCount(on endpoint: EndpointName) -> Int {
        queues.withLock { queues in
            (queues[endpoint] ?? []).reduce(0) { $0.addingReportingOverflow($1.times).partialValue }
        }
    }
}

/// The faults of one request.
struct ScriptedFaults: Sendable {
    let faults: [Fault]

    init(_ faults: [Fault] = []) {
        self.faults = faults
    }

    /// Whether the answer is lost after the request was performed.
    var dropsResponse: Bool {
        faults.contains { if case .dropResponse = $0 { true } else { false } }
    }

    /// The gates to pass before the answer leaves.
    var responseGates: [ResponseGate] {
        faults.compactMap { if case .holdResponse(let gate) = $0 { gate } else { nil } }
    }

    /// The issuer that replaces the provider's.
    var issuer: String? {
        faults.lazy.compactMap { if case .wrongIssuer(let issuer) = $0 { issuer } else { nil } }.first
    }

    /// The subject that replaces the user's.
    var subject: String? {
        faults.lazy.compactMap { if case .changedSubject(let subject) = $0 { subject } else { nil } }.first
    }

    /// The OAuth error to answer with.
    var oauthError: (code: String, status: Int)? {
        faults.lazy.compactMap { if case .oauthError(let code, let status) = $0 { (code, status) } else { nil } }.first
    }

    /// How the ID token is forged.
    var forgery: Fault.Forgery? {
        faults.lazy.compactMap { if case .idTokenSignature(let forgery) = $0 { forgery } else { nil } }.first
    }

    /// Changes the claims of an ID token.
    func apply(toClaims claims: inout JSONObject) {
        if let issuer { claims["iss"] = .string(issuer) }
        if let subject { claims["sub"] = .string(subject) }
        for fault in faults {
            switch fault {
            case .idTokenClaim(let name, let value): claims[name] = value
            case .idTokenClock(let seconds):
                for name in ["iat", "exp", "auth_time"] {
                    if let date = claims[name]?.integerValue { claims[name] = .integer(date + seconds) }
                }
            default: continue
            }
        }
    }

    /// Changes the members of a JSON answer.
    func apply(toMembers members: inout JSONObject) {
        for fault in faults {
            switch fault {
            case .omit(let name): members[name] = nil
            case .replace(let name, let value): members[name] = value
            default: continue
            }
        }
    }
}
