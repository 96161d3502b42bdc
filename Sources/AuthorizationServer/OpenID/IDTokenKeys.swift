import Logging
package import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Synchronization

/// OpenID Connect Core 1.0 §15.1: the RS256 key that signs ID tokens, in addition to the main one.
///
/// Every OpenID client knows RS256; resource servers prefer the short signatures of the main algorithm. Creating an RSA
/// key takes long, so it is created in the background after start-up; callers that need it earlier wait.
package final class IDTokenKeys: Sendable {
    private let published: SigningKeyPublication
    private let rotation: SigningKeyRotation
    private let work: BackgroundWork
    private let logger: Logger
    private let preparation = Mutex<Task<Void, Never>?>(nil)

    init(published: SigningKeyPublication, rotation: SigningKeyRotation, work: BackgroundWork, logger: Logger) {
        self.published = published
        self.rotation = rotation
        self.work = work
        self.logger = logger
    }

    /// Creates the key in the background unless one is stored.
    func prepare(now: Timestamp) {
        guard key == nil else { return }
        preparation.withLock { preparation in
            guard preparation == nil else { return }
            // Not on a loop: making an RSA key would stop a loop's connections for as long.
            preparation = work.start(.finishes) { [rotation, logger] in
                do {
                    try await rotation.prepareIDTokenKey(now: now)
                } catch {
                    logger.error("the key for ID tokens could not be created", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    /// The key that signs now.
    ///
    /// - Throws: `server_error` when it could not be created.
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
        await preparation.withLock { $0 }?.value
    }

    private var key: SigningKey? {
        let keys = published.current
        return keys.active.algorithm == .rs256 ? keys.active : keys.idTokenKey
    }
}
