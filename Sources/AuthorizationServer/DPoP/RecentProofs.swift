package import OAuthProtocol
package import OpenSSLCrypto
import Synchronization

/// RFC 9449 §11.1: the proofs that this process has accepted at the token endpoint, each once.
///
/// In memory, because a replay here is worth little: its tokens are bound to the key of the proof, which the thief does
/// not have, and what was exchanged (a code, an assertion) is itself consumed durably. A proof of a request that fails
/// is forgotten, so that strangers cannot fill the table. Proofs at resources are consumed durably: see
/// ``ResourceAccess``.
package final class RecentProofs: Sendable {
    private struct State {
        var startedAt = Timestamp(secondsSinceEpoch: 0)
        var younger: Set<SHA256Digest> = []
        /// Proofs of the generation before; dropped when the younger one is full or has lasted long enough.
        var older: Set<SHA256Digest> = []
    }

    private let state = Mutex(State())
    private let generationCountMax: Int

    /// How long a generation lasts: as long as any proof can be used.
    package static let generation: Duration = .seconds(2 * 300 + 1)

    /// An empty table of at most `countMax` proofs.
    ///
    /// At the bound the older half is forgotten. To refuse would stop honest clients, and to remember everything would
    /// let load decide how much memory is used.
    package init(countMax: Int = 1_000_000) {
        generationCountMax = max(1, countMax / 2)
    }

    /// Takes a proof; whether this is its first use.
    package func claim(_ id: SHA256Digest, now: Timestamp) -> Bool {
        state.withLock { state in
            if now - state.startedAt >= Self.generation || state.younger.count >= generationCountMax {
                // After a pause longer than a generation nothing that is remembered can be used.
                let isOver = now - state.startedAt >= Self.generation + Self.generation
                state.older = isOver ? [] : state.younger
                state.younger = []
                state.startedAt = now
            }
            guard !state.older.contains(id) else { return false }
            return state.younger.insert(id).inserted
        }
    }

    /// Forgets a proof whose request failed.
    package func release(_ id: SHA256Digest) {
        state.withLock { state in
            state.younger.remove(id)
            state.older.remove(id)
        }
    }

    /// How many proofs are remembered, for metrics.
    package var count: Int {
        state.withLock { $0.younger.count + $0.older.count }
    }
}
