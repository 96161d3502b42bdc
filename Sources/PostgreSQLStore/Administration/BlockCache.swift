import OAuthProtocol
import OAuthState
import Synchronization

/// The blocks that a node knows, and when it knew that they were the present ones.
final class BlockCache: Sendable {
    /// Blocks as the database had them after a number of changes.
    struct Snapshot: Sendable {
        /// The number of changes that these blocks include; -1 before they were read.
        var changes: Int64 = -1
        var parties: [BlockedParty: Timestamp] = [:]
        /// When the question was asked, of which this is the answer.
        let askedAt: ContinuousClock.Instant
        fileprivate let generation: UInt64
    }

    /// What is known at the moment.
    enum State {
        /// Blocks that need not be asked for.
        case fresh([BlockedParty: Timestamp])
        /// The caller must ask; others go on with what is known as long as it is fresh.
        case stale(Snapshot)
    }

    private struct Known: Sendable {
        var changes: Int64 = -1
        var parties: [BlockedParty: Timestamp] = [:]
        /// When they were known to be the present ones; `nil` when they must be asked for.
        var confirmedAt: ContinuousClock.Instant?
        var isBeingAsked = false
        /// Counts the calls of ``BlockCache/forget()``: an answer to a question from before one is not kept.
        var generation: UInt64 = 0
    }

    private let known = Mutex(Known())

    /// How old the blocks of an answer may be.
    private static let ageMax: Duration = .seconds(1)
    /// From which age on one caller asks, while the others need not wait.
    private static let renewalAge: Duration = .milliseconds(500)

    /// What is known, and whether the caller must ask.
    func look(_ now: ContinuousClock.Instant = .now) -> State {
        known.withLock { known in
            if let confirmedAt = known.confirmedAt {
                let age = confirmedAt.duration(to: now)
                if age < Self.renewalAge || (age < Self.ageMax && known.isBeingAsked) { return .fresh(known.parties) }
            }
            known.isBeingAsked = true
            return .stale(
                Snapshot(changes: known.changes, parties: known.parties, askedAt: now, generation: known.generation)
            )
        }
    }

    /// Keeps what was known: nothing was changed since.
    func confirm(_ asked: Snapshot) -> [BlockedParty: Timestamp] {
        replace(asked, changes: asked.changes, asked.parties)
    }

    /// Keeps an answer, unless a later one is there already, or a change was made after the question.
    func replace(
        _ asked: Snapshot,
        changes: Int64,
        _ parties: [BlockedParty: Timestamp]
    ) -> [BlockedParty: Timestamp] {
        known.withLock { known in
            known.isBeingAsked = false
            guard known.generation == asked.generation, changes >= known.changes else { return }
            (known.changes, known.parties) = (changes, parties)
            known.confirmedAt = max(known.confirmedAt ?? asked.askedAt, asked.askedAt)
        }
        return parties
    }

    /// The question had no answer.
    func failed() {
        known.withLock { $0.isBeingAsked = false }
    }

    /// Asks anew at the next look.
    func forget() {
        known.withLock { known in
            known.confirmedAt = nil
            known.isBeingAsked = false
            known.generation &+= 1
        }
    }
}
