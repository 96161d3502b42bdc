import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration

/// The keys of a server, and what replaces and publishes them.
struct ServerKeys: Sendable {
    /// The published signing keys.
    let publication: SigningKeyPublication
    /// Replaces signing keys.
    let rotation: SigningKeyRotation
    /// Creates the keys of ID tokens, which may take long.
    let idTokens: IDTokenKeys
    /// The secret from which all others are derived.
    let rootSecret: [UInt8]
    /// The keys that seal upstream tokens.
    let vault: VaultKeys
    /// Learns of keys that another node made.
    let follower: KeyFollower

    /// How long verifiers may keep the published key set; a new key signs only when it was published that long ago.
    static let publicationAge: Duration = .seconds(3600)

    /// The keys of the store, with new ones where it has none; begins to create the keys of ID tokens.
    ///
    /// - Throws: The error that prevents the start: a store that fails, a key file that cannot be read.
    static func prepare(
        _ configuration: Configuration,
        _ environment: ServerEnvironment,
        store: any KeyStore,
        audit: AuditTrail,
        work: BackgroundWork
    ) async throws -> ServerKeys {
        let now = environment.timeSource.now()
        var rotation = SigningKeyRotation(
            store: store,
            configuration: configuration,
            readFile: environment.readFile,
            audit: audit,
            makeKey: environment.makeKey,
            logger: environment.logger
        )
        let publication = try await rotation.prepare(now: now)
        let idTokens = IDTokenKeys(
            isNeeded: configuration.issuesIDTokens,
            published: publication,
            rotation: rotation,
            work: work,
            logger: environment.logger
        )
        idTokens.prepare(now: now)
        let rootSecret = try await store.serverSecret(candidate: environment.random.bytes(32)).outcome
        let vault = try VaultKeys(rootSecret: rootSecret, secrets: await store.generation().vaultKeys)
        return ServerKeys(
            publication: publication,
            rotation: rotation,
            idTokens: idTokens,
            rootSecret: rootSecret,
            vault: vault,
            follower: KeyFollower(
                feed: store,
                signingKeys: publication,
                vaultKeys: vault,
                work: work,
                logger: environment.logger
            )
        )
    }
}
