import Logging
import OAuthState
import Synchronization

/// Publishes the keys of each generation in the store's feed: how a node learns of keys that another node made.
///
/// A key is in the feed once its change holds, and a published key is never replaced by an older generation's. A feed
/// that ends, because the store could not be reached, is asked for again in the next turn of maintenance.
final class KeyFollower: Sendable {
    private let feed: any KeyFeed
    private let signingKeys: SigningKeyPublication
    private let vaultKeys: VaultKeys
    private let work: BackgroundWork
    private let logger: Logger
    private let isFollowing = Atomic(false)

    init(
        feed: any KeyFeed,
        signingKeys: SigningKeyPublication,
        vaultKeys: VaultKeys,
        work: BackgroundWork,
        logger: Logger
    ) {
        self.feed = feed
        self.signingKeys = signingKeys
        self.vaultKeys = vaultKeys
        self.work = work
        self.logger = logger
    }

    /// Follows the feed unless that is in progress.
    func follow() {
        guard !isFollowing.exchange(true, ordering: .acquiringAndReleasing) else { return }
        let task = work.start(.endsThen) { [self] in
            do throws(StoreError) {
                // The stream first: a generation between the two would be missed otherwise.
                let generations = try await feed.generations()
                take(try await feed.generation())
                for await generation in generations { take(generation) }
            } catch {
                logger.warning("the feed of keys cannot be read; keys that other nodes make are not known here")
            }
            isFollowing.store(false, ordering: .releasing)
        }
        if task == nil { isFollowing.store(false, ordering: .releasing) }
    }

    private func take(_ generation: KeyGeneration) {
        do {
            // Before a signing key is published that was made later: what it leads to may be sealed with the new key.
            for secret in generation.vaultKeys where secret.number > vaultKeys.currentNumber {
                try vaultKeys.add(secret)
            }
        } catch {
            logger.error("a key of the vault could not be created", metadata: ["error": "\(error)"])
        }
        signingKeys.publish(generation)
    }
}
