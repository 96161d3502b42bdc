import Logging
package import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Synchronization

/// OpenID Connect Core 1.0 §15.1: the RS256 key that signs ID tokens, in addition to the main one.
///
/// Every OpenID client knows RS256; resource servers prefer the short signatures of the main algorithm. Making an RSA
/// key takes up to seconds, so it is created in the background after start-up; callers that need it earlier wait.
package final class IDTokenKeys: Sendable {
    private struct State {
        var preparation: Task<Void, Never>?
        var failureCount = 0
        var nextAttempt: Timestamp?
    }

    private let isNeeded: Bool
    private let published: SigningKeyPublication
    private let rotation: SigningKeyRotation
    private let work: BackgroundWork
    private let logger: Logger
    private let state = Mutex(State())

    /// After how long a preparation that failed is tried again; each time twice as long.
    static let retryInterval: Duration = .seconds(1)
    /// The longest time between two attempts.
    static let retryIntervalMax: Duration = .seconds(64)

    init(
        isNeeded: Bool,
        published: SigningKeyPublication,
        rotation: SigningKeyRotation,
        work: BackgroundWork,
        logger: Logger
    ) {
        self.isNeeded = isNeeded
        self.published = published
        self.rotation = rotation
        self.work = work
        self.logger = logger
    }

    /// Makes the key in the background unless there is one, it is being made, or an attempt has just failed.
    func prepare(now: Timestamp) {
        guard isNeeded, key == nil else { return }
        state.withLock { state in
            guard state.preparation == nil, Self.isDue(state.nextAttempt, now: now) else { return }
            // Not on a loop: making an RSA key would stop a loop's connections for as long.
            state.preparation = work.start(.finishes) { [self] in
                do {
                    try await rotation.prepareIDTokenKey(now: now)
                    finish(failedAt: nil)
                } catch {
                    logger.error("the key for ID tokens could not be created", metadata: ["error": "\(error)"])
                    finish(failedAt: now)
                }
            }
        }
    }

    // A clock that was set back must not put the next attempt off for long.
    private static func isDue(_ attempt: Timestamp?, now: Timestamp) -> Bool {
        attempt.map { $0 <= now || $0 - now > retryIntervalMax } ?? true
    }

    private func finish(failedAt now: Timestamp?) {
        state.withLock { state in
            state.preparation = nil
            guard let now else { return }
            state.nextAttempt = now + min(Self.retryInterval * (1 << min(state.failureCount, 6)), Self.retryIntervalMax)
            state.failureCount += 1
        }
    }

    /// The key that signs now.
    ///
    /// - Throws: `server_error` when it could not be made; another attempt is made soon.
    package func current() async throws(OAuthError) -> SigningKey {
        if let key {
            return key
        }
        await settled()
        guard let key else { throw OAuthError(.serverError, "there is no key for ID tokens") }
        return key
    }

    /// Returns when no key is being created.
    func settled() async {
        await state.withLock { $0.preparation }?.value
    }

    private var key: SigningKey? {
        let keys = published.current
        return keys.active.algorithm == .rs256 ? keys.active : keys.idTokenKey
    }
}
