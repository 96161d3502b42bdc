import Synchronization

/// What became of a request to read the configuration again.
package struct ReloadOutcome: Sendable {
    /// The keys whose new values are in effect.
    package var changed: [String] = []
    /// Why nothing was changed; `nil` after success.
    package var refusal: String?
    /// The keys that differ and need a restart, if they are the reason.
    package var needRestart: [String] = []
}

/// What operators ask of the server as a whole; made before the server, which takes it up.
struct OperatorRequests: Sendable {
    let reloads = ReloadRequests()
    let snapshots = SnapshotRequests()
}

/// Asks for a reload on behalf of an operator's request, which exists before the server does.
final class ReloadRequests: Sendable {
    private let action = Mutex<(@Sendable (_ actor: String) async -> ReloadOutcome)?>(nil)

    func set(_ closure: @escaping @Sendable (_ actor: String) async -> ReloadOutcome) {
        action.withLock { $0 = closure }
    }

    func perform(by actor: String) async -> ReloadOutcome {
        guard let closure = action.withLock({ $0 }) else { return ReloadOutcome(refusal: "the server is starting") }
        return await closure(actor)
    }
}
