package import DurableLog
import HashTreeCollections
package import OAuthProtocol
package import OpenSSLCrypto

/// RFC 7523 §3: where the ids of single-use assertions and proofs are kept until they expire.
package protocol ReplayStore: Sendable {
    /// Consumes an id; the second time it is a replay.
    ///
    /// - Parameters:
    ///   - id: A hash over everything that the id must be unique within: issuer, purpose and `jti`.
    ///   - expiry: When the assertion could no longer be used anyway.
    ///   - now: The present moment.
    /// - Returns: Whether it was the first use.
    func consume(_ id: SHA256Digest, expiry: Timestamp, now: Timestamp) async -> Recorded<AssertionConsumption>
}

/// What became of a single-use id.
package enum AssertionConsumption: Hashable, Sendable {
    /// Seen for the first time.
    case consumed
    /// Seen before.
    case replayed
    /// The table is full; the assertion must be refused.
    case full
}

/// Owns the consumed `jti`s. An assertion is accepted once, also across a restart (D-40).
package actor ReplayGuard: ReplayStore {
    private let journal: any ChangeJournal
    private let limits: StoreLimits
    private var expiries: TreeDictionary<SHA256Digest, Timestamp> = [:]
    private var buckets = ExpiryBuckets<SHA256Digest>()

    /// An empty guard.
    package init(journal: any ChangeJournal, limits: StoreLimits = .init()) {
        self.journal = journal
        self.limits = limits
    }

    package func consume(
        _ id: SHA256Digest,
        expiry: Timestamp,
        now: Timestamp
    ) -> Recorded<AssertionConsumption> {
        sweep(now: now, limit: 8)
        guard expiries[id] == nil else { return Recorded(.replayed, at: journal.lastPosition) }
        guard expiries.count < limits.consumedAssertionsMax else { return Recorded(.full, at: journal.lastPosition) }
        insert(id, expiry: expiry)
        return Recorded(.consumed, at: journal.append(Self.record(id, expiry)))
    }

    /// Drops up to `limit` ids whose assertions have expired.
    package func sweep(now: Timestamp, limit: Int) {
        for id in buckets.popDue(now: now, limit: limit) {
            // Recovery may have replayed an earlier life of the id, whose bucket is due before the present one's.
            if let expiry = expiries[id], expiry <= now {
                expiries.removeValue(forKey: id)
            }
        }
    }

    /// How many ids are kept, for the metric.
    package var count: Int {
        expiries.count
    }

    private func insert(_ id: SHA256Digest, expiry: Timestamp) {
        expiries[id] = expiry
        buckets.insert(id, expiry: expiry)
    }

    private static func record(_ id: SHA256Digest, _ expiry: Timestamp) -> [UInt8] {
        BinaryWriter.record(.consumeAssertion) { writer in
            writer.write(id)
            writer.write(expiry)
        }
    }
}

extension ReplayGuard: RecordedStore {
    package static let recordKinds: Set<RecordKind> = [.consumeAssertion]

    /// An id that was consumed, until its expiry.
    package struct Change: RecordedChange {
        let id: SHA256Digest
        let expiry: Timestamp

        package var place: Int { id.hashValue }
    }

    package static func change(_ kind: RecordKind, _ reader: inout BinaryReader) throws(RecordError) -> Change {
        guard kind == .consumeAssertion else { throw RecordError("not a record of the replay guard") }
        return Change(id: try reader.digest(), expiry: try reader.timestamp())
    }

    package func apply(_ change: consuming Change) {
        insert(change.id, expiry: change.expiry)
    }

    package func capture() -> CapturedState {
        let expiries = expiries
        return CapturedState(position: journal.lastPosition) { body in
            for (id, expiry) in expiries {
                try body(Self.record(id, expiry))
            }
        }
    }
}
