import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration

/// RFC 7517 and MD-9: signing keys are created once, published before they sign, and kept until their last token has
/// expired.
///
/// Keys from files belong to the operator instead: the first signs, all are published, and none rotates by itself.
package struct SigningKeyRotation: Sendable {
    let store: any SigningKeyStore & KeyFeed
    /// Publishes the keys once ``prepare(now:)`` has created them.
    private var publication: SigningKeyPublication?
    private let algorithm: SignatureAlgorithm
    let interval: Duration
    private let files: [String]
    private let readFile: @Sendable (_ path: String) throws -> String
    private let tokenLifetime: Duration
    private let audit: AuditTrail
    private let makeKey: @Sendable (SignatureAlgorithm) throws(CryptoError) -> PrivateKey
    private let logger: Logger

    /// Why the keys could not be prepared or rotated.
    package struct Failure: Error, CustomStringConvertible {
        /// What failed.
        package let description: String
    }

    /// MD-9: verifiers may have a key set document without the next key, and would refuse its signatures.
    struct TooEarly: Error {
        /// From when on every verifier knows the next keys.
        let permittedFrom: Timestamp
    }

    init(
        store: any SigningKeyStore & KeyFeed,
        configuration: Configuration,
        readFile: @escaping @Sendable (_ path: String) throws -> String,
        audit: AuditTrail,
        makeKey: @escaping @Sendable (SignatureAlgorithm) throws(CryptoError) -> PrivateKey,
        logger: Logger
    ) {
        self.store = store
        algorithm = configuration.signing.algorithm
        interval = configuration.signing.rotationInterval
        files = configuration.signing.keyFiles
        self.readFile = readFile
        tokenLifetime = configuration.tokens.accessTokenLifetime
        self.audit = audit
        self.makeKey = makeKey
        self.logger = logger
    }

    // MARK: - Start

    /// The keys at start: from files, from the store, or new ones.
    ///
    /// A changed algorithm gets a new next key, which signs as soon as it has been published long enough.
    mutating func prepare(now: Timestamp) async throws -> SigningKeyPublication {
        if files.isEmpty {
            try await prepareGenerated(now: now)
        } else {
            try await adoptFiles(now: now)
        }
        guard let publication = SigningKeyPublication(try await store.generation()) else {
            throw Failure(description: "there is no signing key")
        }
        self.publication = publication
        return publication
    }

    /// Publishes the keys that hold, so that a change is visible here as soon as it is made; other nodes follow the
    /// feed.
    func publish() async throws(StoreError) {
        guard let publication else { return }
        publication.publish(try await store.generation())
    }

    private func prepareGenerated(now: Timestamp) async throws {
        // A key from a file signs only while the configuration names the file.
        let stored = try await store.generation().signingKeys.filter {
            $0.purpose == .accessToken && $0.origin == .generated
        }
        if !stored.contains(where: { $0.state == .active }) {
            try await install(.active, now: now)
        }
        if !stored.contains(where: { $0.state == .next && $0.key.algorithm == algorithm }) {
            try await install(.next, now: now)
        }
    }

    private func install(_ state: StoredSigningKey.State, now: Timestamp) async throws {
        let key = try await generate(algorithm, .accessToken, state, now: now)
        try await store.install(key, now: now).outcome
        try await publish()
    }

    // MARK: - Files

    /// Reads the key files, at start and on SIGHUP; does nothing when none is configured.
    ///
    /// - Throws: ``Failure`` with the unusable file; the keys then stay as they are.
    func adoptFiles(now: Timestamp) async throws {
        guard !files.isEmpty else { return }
        let keys = try await Self.read(files, readFile, now: now)
        guard try await store.adopt(keys, now: now).outcome, let first = keys.first else { return }
        try await publish()
        await announce(first.key.keyID, cause: .files, now: now)
    }

    // Reading blocks, and checking RSA keys takes long: never on an event loop.
    @concurrent
    private static func read(
        _ files: [String],
        _ readFile: @Sendable (_ path: String) throws -> String,
        now: Timestamp
    ) async throws(Failure) -> [StoredSigningKey] {
        var keys: [StoredSigningKey] = []
        for (index, file) in files.enumerated() {
            do {
                let state: StoredSigningKey.State = index == 0 ? .active : .next
                let key = try PrivateKey(pem: try readFile(file))
                keys.append(
                    try StoredSigningKey(key, purpose: .accessToken, state: state, publishedAt: now, origin: .file)
                )
            } catch {
                // The error might quote the file, whose contents are secret.
                throw Failure(description: "signing.key_files[\(index)]: \(file) contains no private key that can sign")
            }
        }
        return keys
    }

    // MARK: - Rotation

    /// Makes the next keys current, and creates further next keys.
    ///
    /// - Parameters:
    ///   - force: Rotate even if the next keys were published very recently, because a signing key is compromised:
    ///     tokens that verifiers refuse for an hour are then better than tokens that anyone can forge.
    ///   - now: The current time.
    /// - Returns: The id of the key that signs from now on.
    /// - Throws: ``Failure`` when the keys come from files, ``TooEarly``, `OAuthError` while the journal cannot be
    ///   written.
    func rotate(force: Bool, now: Timestamp) async throws -> String {
        guard files.isEmpty else {
            throw Failure(description: "keys come from signing.key_files: change the files and send SIGHUP")
        }
        if !force {
            try await checkPublication(now: now)
        }
        let keyID = try await rotateAccessTokenKey(force: force, now: now)
        try await rotateIDTokenKey(force: force, now: now)
        return keyID
    }

    /// Withdraws a key at once, for example because it is compromised; if it signs, the next key becomes current first.
    ///
    /// Nothing that it signed is accepted here from now on, and elsewhere as soon as verifiers read the key set again.
    ///
    /// - Returns: Whether there was such a key.
    /// - Throws: ``Failure`` for a key from a file that is still configured, `OAuthError` while the journal cannot be
    ///   written.
    func withdraw(_ keyID: String, from keys: any KeyWithdrawalStore, now: Timestamp) async throws -> Bool {
        guard let key = try await store.generation().signingKeys.first(where: { $0.key.keyID == keyID }) else {
            return false
        }
        if key.state != .retired, key.origin == .file {
            throw Failure(description: "remove the key's file from signing.key_files, send SIGHUP, then withdraw it")
        }
        if key.state == .active {
            switch key.purpose {
            case .accessToken: _ = try await rotateAccessTokenKey(force: true, now: now)
            case .idToken: try await rotateIDTokenKey(force: true, now: now)
            }
        }
        let outcome = try await keys.withdraw(keyID).outcome
        try await publish()
        guard outcome == .withdrawn else { return false }
        if key.state == .next {
            // Its successor is published now, so that a later rotation finds one that verifiers know.
            let successor = try await generate(key.key.algorithm, key.purpose, .next, now: now)
            try await store.install(successor, now: now).outcome
            try await publish()
        }
        return true
    }

    /// Checks both successors before either signs.
    private func checkPublication(now: Timestamp) async throws {
        let published = try await store.generation().signingKeys.lazy.filter { $0.state == .next }.map(\.publishedAt)
            .max()
        guard let permitted = published.map({ $0 + ServerKeys.publicationAge }), now < permitted else { return }
        throw TooEarly(permittedFrom: permitted)
    }

    private func rotateAccessTokenKey(force: Bool, now: Timestamp) async throws -> String {
        let successor = try await generate(algorithm, .accessToken, .next, now: now)
        let publishedBy = publishedBy(force, now)
        let outcome = try await store.rotate(successor: successor, publishedBy: publishedBy, now: now).outcome
        try await publish()
        switch outcome {
        case .rotated(let keyID): return keyID
        case .prepared: return try await rotateAccessTokenKey(force: force, now: now)
        case .tooEarly(let publishedAt): throw TooEarly(permittedFrom: publishedAt + ServerKeys.publicationAge)
        }
    }

    func publishedBy(_ force: Bool, _ now: Timestamp) -> Timestamp? {
        force ? nil : now - ServerKeys.publicationAge
    }

    /// Rotates when the interval has passed and the next key has been published long enough; withdraws old keys.
    func performDue(now: Timestamp) async throws {
        // A verifier may cache the document for its maximum age, and a token lives for its lifetime.
        let margin = tokenLifetime + ServerKeys.publicationAge
        if try await store.withdraw(retiredBefore: now - margin).outcome > 0 { try await publish() }
        try await performDueForIDTokens(now: now)
        guard files.isEmpty else { return }
        let keys = try await store.generation().signingKeys.filter { $0.purpose == .accessToken }
        guard
            let active = keys.first(where: { $0.state == .active }),
            let next = keys.first(where: { $0.state == .next }),
            now - active.activeSince >= interval || active.key.algorithm != algorithm,
            now - next.publishedAt >= ServerKeys.publicationAge
        else { return }
        await announce(try await rotateAccessTokenKey(force: false, now: now), cause: .schedule, now: now)
    }

    private func announce(_ keyID: String, cause: AuditEvent.KeyChangeCause, now: Timestamp) async {
        logger.notice("a new key signs", metadata: ["kid": "\(keyID)", "cause": "\(cause)"])
        audit.record(.signingKeyChanged(keyID, cause: cause), now: now)
    }

    // RSA keys take up to seconds: never on an event loop.
    @concurrent
    func generate(
        _ algorithm: SignatureAlgorithm,
        _ purpose: StoredSigningKey.Purpose,
        _ state: StoredSigningKey.State,
        now: Timestamp
    ) async throws(CryptoError) -> StoredSigningKey {
        try StoredSigningKey(makeKey(algorithm), purpose: purpose, state: state, publishedAt: now)
    }
}
