import Foundations
import OAuthProtocol
import Synchronization

/// Our client at a provider, configured or registered there; prints `<redacted>`.
package struct UpstreamClient: Sendable, Redacted {
    /// The client id.
    package let id: String
    /// The authorization server where this client is known: its issuer, or its token endpoint where it has none.
    let issuer: String?
    /// RFC 8707: the protected server that the client's tokens are for; `nil` at other providers.
    let resource: String?
    let secret: UpstreamClientSecret?
    let olderSecrets: [UpstreamClientSecret]
    let authentication: UpstreamClientAuthentication

    init(
        id: String,
        secret: UpstreamClientSecret?,
        olderSecrets: [UpstreamClientSecret] = [],
        authentication: UpstreamClientAuthentication,
        issuer: String? = nil,
        resource: String? = nil
    ) {
        self.id = id
        self.issuer = issuer
        self.resource = resource
        self.secret = secret
        self.olderSecrets = olderSecrets
        self.authentication = authentication
    }

    /// What tokens are bound to (VR-8): the client id and ``purpose``.
    ///
    /// A client id can be known to several authorization servers; our metadata document has one at all of them. By the
    /// id alone, the operator's next server would be sent the refresh tokens of the one before, and could use them
    /// there.
    package var binding: String { purpose.map { id + " " + $0 } ?? id }

    /// The authorization server, and the identifier of a protected server; `nil` where neither is known.
    ///
    /// RFC 8707: a token for one resource must not be returned for another one, also where one authorization server
    /// issues both. Neither a client id nor one of these URLs has a space.
    var purpose: String? {
        let parts = [issuer, resource].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }

    /// The secrets that a request may have shown, for texts that must not repeat one.
    var secretTexts: [String?] { [secret?.value] + olderSecrets.map { Optional($0.value) } }

    /// The same client with the secret that is tried after this one; `nil` without another.
    var withOlderSecret: UpstreamClient? {
        guard let next = olderSecrets.first else { return nil }
        return UpstreamClient(
            id: id,
            secret: next,
            olderSecrets: Array(olderSecrets.dropFirst()),
            authentication: authentication,
            issuer: issuer,
            resource: resource
        )
    }

    init(_ registration: UpstreamClientRegistration, issuer: String? = nil, resource: String? = nil) {
        self.init(
            id: registration.clientID,
            secret: registration.clientSecret,
            authentication: registration.clientAuthentication,
            issuer: registration.issuer ?? issuer,
            resource: resource
        )
    }
}

/// RFC 7591: how to register at a provider where no operator has registered us.
package struct UpstreamSelfRegistration: Sendable {
    /// The earlier registration, if it still fits the configuration.
    package let known: UpstreamClientRegistration?
    /// Registers; the result is durable when this returns, because it exists nowhere else.
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

/// Holds our client at one provider, and registers it when needed, once for all waiting callers.
///
/// A failed registration is not retried at once, because each attempt may leave a client at the provider.
final class UpstreamClients: Sendable {
    /// How long after a failure the next attempt may be made.
    static let attemptInterval: Duration = .seconds(30)
    /// How long before its secret expires a registration is replaced, so that no request is in progress then.
    static let renewalMargin: Duration = .seconds(60)

    private struct State {
        var registration: UpstreamClientRegistration?
        var failure: UpstreamError?
        var nextAttempt: Timestamp?
    }

    private let configured: Mutex<UpstreamClient?>
    private let registration: UpstreamSelfRegistration?
    private let issuer: String?
    private let resource: String?
    private let timeSource: any TimeSource
    private let state: Mutex<State>
    private let flight = SingleFlight<OnlyKey, Result<UpstreamClient, UpstreamError>>()

    init(
        configured: UpstreamClient?,
        registration: UpstreamSelfRegistration?,
        issuer: String? = nil,
        resource: String? = nil,
        timeSource: any TimeSource
    ) {
        self.configured = Mutex(configured)
        self.registration = registration
        self.issuer = issuer
        self.resource = resource
        self.timeSource = timeSource
        state = Mutex(State(registration: registration?.known))
    }

    /// The client, if it is known; `nil` before the first registration.
    var known: UpstreamClient? {
        configured.withLock(\.self) ?? state.withLock { $0.registration.map(client) }
    }

    /// The issuer that the registration pinned; `nil` before the first one, and for providers that the operator names.
    var pinnedIssuer: String? { state.withLock { $0.registration?.issuer } }

    /// Puts the same client with other secrets in the place of the configured one.
    func adopt(_ client: UpstreamClient?) {
        configured.withLock { configured in
            guard let client, configured?.id == client.id else { return }
            configured = client
        }
    }

    /// The client; registers it now if needed.
    func current() async throws(UpstreamError) -> UpstreamClient {
        if let configured = configured.withLock(\.self) { return configured }
        guard let registration else {
            throw UpstreamError(.misconfigured, "no client is configured or registered at the provider")
        }
        if flight.task(for: .only) == nil, let settled = settled { return try settled.get() }
        // The transport bounds its duration.
        let task = flight.task(for: .only) { [self] in
            // Another registration may have ended since: each one creates a client at the provider.
            if let settled = settled { return settled }
            return finish(await registration.register())
        }
        guard let task else { throw .temporary("this server is shutting down") }
        return try await task.value.get()
    }

    /// What is known without a request to the provider: the client, or why none is requested now.
    private var settled: Result<UpstreamClient, UpstreamError>? {
        let now = timeSource.now()
        return state.withLock { state in
            if let held = state.registration, !Self.isExpiring(held, now) { return .success(client(held)) }
            guard let failure = state.failure, let next = state.nextAttempt, now < next,
                next - now <= UpstreamClients.attemptIntervalMax
            else { return nil }
            return .failure(failure)
        }
    }

    /// The provider may ask for a longer pause than ours, up to a bound.
    private static let attemptIntervalMax: Duration = .seconds(3600)

    private func finish(
        _ result: Result<UpstreamClientRegistration, UpstreamError>
    ) -> Result<UpstreamClient, UpstreamError> {
        let now = timeSource.now()
        return state.withLock { state in
            switch result {
            case .success(let registration):
                state.registration = registration
                state.failure = nil
                return .success(client(registration))
            case .failure(let error):
                state.failure = error
                state.nextAttempt = now + max(UpstreamClients.attemptInterval, error.retryAfter ?? .zero)
                return .failure(error)
            }
        }
    }

    private func client(_ registration: UpstreamClientRegistration) -> UpstreamClient {
        UpstreamClient(registration, issuer: issuer, resource: resource)
    }

    private static func isExpiring(_ registration: UpstreamClientRegistration, _ now: Timestamp) -> Bool {
        registration.secretExpiry.map { $0 <= now + renewalMargin } ?? false
    }
}
