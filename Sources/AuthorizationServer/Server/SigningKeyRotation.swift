import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// RFC 7517 and MD-9: signing keys made once, published before they sign, kept until their last token has expired.
package struct SigningKeyRotation: Sendable {
    private let ring: SigningKeyRing
    private let algorithm: SignatureAlgorithm
    private let interval: Duration
    private let tokenLifetime: Duration
    private let durability: Durability
    private let logger: Logger

    /// Why the keys could not be prepared.
    package struct Failure: Error, CustomStringConvertible {
        /// What went wrong.
        package let description: String
    }

    init(ring: SigningKeyRing, configuration: Configuration, durability: Durability, logger: Logger) {
        self.ring = ring
        algorithm = configuration.signing.algorithm
        interval = configuration.signing.rotationInterval
        tokenLifetime = configuration.tokens.accessTokenLifetime
        self.durability = durability
        self.logger = logger
    }

    /// The keys at start: those that were stored, or new ones.
    ///
    /// An algorithm that changed gets a new active key, and the old one retires.
    func prepare(now: Timestamp) async throws -> SigningKeyPublication {
        let stored = await ring.keys()
        if !stored.contains(where: { $0.isActiveAccessTokenKey && $0.key.algorithm == algorithm }) {
            try await install(.active, now: now)
        }
        if !stored.contains(where: { $0.state == .next && $0.key.algorithm == algorithm }) {
            try await install(.next, now: now)
        }
        guard let publication = await ring.published() else { throw Failure(description: "there is no signing key") }
        return publication
    }

    /// Makes the next key current, and another one next.
    ///
    /// - Returns: The id of the key that signs from now on.
    func rotate(now: Timestamp) async throws -> String {
        let successor = try await Self.generate(algorithm, state: .next, now: now)
        let rotation = await ring.rotate(successor: successor, now: now)
        try await durability.wait(for: rotation.position)
        guard case .rotated(let keyID) = rotation.outcome else { return try await rotate(now: now) }
        logger.notice("a new key signs", metadata: ["kid": "\(keyID)"])
        return keyID
    }

    /// Rotates when the interval has passed and the next key has been published long enough; withdraws old keys.
    func performDue(now: Timestamp) async throws {
        // A verifier may hold the document for its maximum age, and a token lives for its lifetime.
        let margin = tokenLifetime + KeySetEndpoint.maximumAge
        _ = await ring.withdraw(retiredBefore: now - margin)
        let keys = await ring.keys()
        guard
            let active = keys.first(where: \.isActiveAccessTokenKey),
            let next = keys.first(where: { $0.state == .next && $0.purpose == .accessToken }),
            now - active.activeSince >= interval, now - next.publishedAt >= KeySetEndpoint.maximumAge
        else { return }
        _ = try await rotate(now: now)
    }

    private func install(_ state: StoredSigningKey.State, now: Timestamp) async throws {
        let key = try await Self.generate(algorithm, state: state, now: now)
        let installed = await ring.install(key, now: now)
        try await durability.wait(for: installed.position)
    }

    // RSA keys take up to seconds: never on an event loop.
    @concurrent
    private static func generate(
        _ algorithm: SignatureAlgorithm,
        state: StoredSigningKey.State,
        now: Timestamp
    ) async throws(CryptoError) -> StoredSigningKey {
        try StoredSigningKey(.generate(algorithm), purpose: .accessToken, state: state, publishedAt: now)
    }
}

extension StoredSigningKey {
    fileprivate var isActiveAccessTokenKey: Bool {
        state == .active && purpose == .accessToken
    }
}
