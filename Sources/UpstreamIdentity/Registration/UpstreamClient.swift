import OAuthProtocol
import Synchronization

/// Who we are at a provider, configured or registered there; prints `<redacted>`.
package struct UpstreamClient: Sendable, RedactedSecret {
    /// Our id: refresh tokens are bound to it (VR-8).
    package let id: String
    let secret: UpstreamClientSecret?
    let authentication: UpstreamClientAuthentication

    init(id: String, secret: UpstreamClientSecret?, authentication: UpstreamClientAuthentication) {
        self.id = id
        self.secret = secret
        self.authentication = authentication
    }

    init(_ registration: UpstreamClientRegistration) {
        self.init(
            id: registration.clientID,
            secret: registration.clientSecret,
            authentication: registration.clientAuthentication
        )
    }
}

/// RFC 7591: how a provider that nobody registered us at gets to know us.
package struct UpstreamSelfRegistration: Sendable {
    /// What was registered before and still fits the configuration.
    package let known: UpstreamClientRegistration?
    /// Registers us; the result is durable when this returns, for it exists nowhere else.
    package let register: @Sendable () async -> Result<UpstreamClientRegistration, UpstreamError>

    /// A way to register.
    package init(
        known: UpstreamClientRegistration?,
        register: @escaping @Sendable () async -> Result<UpstreamClientRegistration, UpstreamError>
    ) {
        self.known = known
        self.register = register
    }
}

/// Holds who we are at one provider, and registers us when that is needed: once for all who wait.
///
/// A registration that fails is not tried again at once: each attempt may leave a client behind at the provider.
final class UpstreamClients: Sendable {
    /// How long after a failure the next attempt may be made.
    static let attemptInterval: Duration = .seconds(30)
    /// How long before its secret expires a registration is replaced, so that no request is under way then.
    static let renewalMargin: Duration = .seconds(60)

    private struct State {
        var registration: UpstreamClientRegistration?
        var failure: UpstreamError?
        var nextAttempt: Timestamp?
        var inFlight: Task<Result<UpstreamClient, UpstreamError>, Never>?
    }

    private enum Step {
        case use(UpstreamClient)
        case wait(Task<Result<UpstreamClient, UpstreamError>, Never>)
        case refuse(UpstreamError)
    }

    private let configured: UpstreamClient?
    private let registration: UpstreamSelfRegistration?
    private let timeSource: any TimeSource
    private let state: Mutex<State>

    init(configured: UpstreamClient?, registration: UpstreamSelfRegistration?, timeSource: any TimeSource) {
        self.configured = configured
        self.registration = registration
        self.timeSource = timeSource
        state = Mutex(State(registration: registration?.known))
    }

    /// Who we are as far as that is known; `nil` before the first registration.
    var known: UpstreamClient? {
        configured ?? state.withLock { $0.registration.map(UpstreamClient.init) }
    }

    /// Who we are, registered now if need be.
    func current() async throws(UpstreamError) -> UpstreamClient {
        if let configured { return configured }
        guard let registration else { throw UpstreamError(.misconfigured, "there is no client at the provider") }
        let now = timeSource.now()
        let step = state.withLock { state -> Step in
            if let held = state.registration, !Self.isExpiring(held, now) { return .use(UpstreamClient(held)) }
            if let task = state.inFlight { return .wait(task) }
            if let failure = state.failure, let next = state.nextAttempt, now < next,
                next - now <= UpstreamClients.attemptIntervalMax
            {
                return .refuse(failure)
            }
            // A task of its own, for it serves all who wait; the transport bounds its duration.
            let task = Task.detached { [self] in finish(await registration.register()) }
            state.inFlight = task
            return .wait(task)
        }
        switch step {
        case .use(let client): return client
        case .refuse(let failure): throw failure
        case .wait(let task): return try await task.value.get()
        }
    }

    /// The provider may ask for more patience than ours, up to what is believed.
    private static let attemptIntervalMax: Duration = .seconds(3600)

    private func finish(
        _ result: Result<UpstreamClientRegistration, UpstreamError>
    ) -> Result<UpstreamClient, UpstreamError> {
        let now = timeSource.now()
        return state.withLock { state in
            state.inFlight = nil
            switch result {
            case .success(let registration):
                state.registration = registration
                state.failure = nil
                return .success(UpstreamClient(registration))
            case .failure(let error):
                state.failure = error
                state.nextAttempt = now + max(UpstreamClients.attemptInterval, error.retryAfter ?? .zero)
                return .failure(error)
            }
        }
    }

    private static func isExpiring(_ registration: UpstreamClientRegistration, _ now: Timestamp) -> Bool {
        registration.secretExpiry.map { $0 <= now + renewalMargin } ?? false
    }
}
