package import DurableLog
import HashTreeCollections
package import OAuthProtocol
package import OpenSSLCrypto

/// RFC 7523 §3: stores the ids of single-use assertions and proofs until they expire.
package protocol ReplayStore: Sendable {
    /// Consumes an id; a second time it is a replay.
    ///
    /// A consumption whose effect does not hold is taken back, so that the same assertion can be tried again.
    ///
    /// - Parameters:
    ///   - id: A hash over everything that the id must be unique within: issuer, purpose and `jti`.
    ///   - owner: The issuer of the assertion.
    ///   - expiry: When the assertion expires anyway.
    ///   - now: The current time.
    /// - Returns: Whether this was the first use.
    /// - Throws: ``StoreError`` when the change was not made.
    func consume(
        _ id: SHA256Digest,
        of owner: AssertionOwner,
        expiry: Timestamp,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<AssertionConsumption>
}

/// The issuer of an assertion, whose ids fill its own share of the table, never that of others (D-80).
package struct AssertionOwner: Hashable, Sendable {
    /// Hash over purpose and issuer.
    package let id: SHA256Digest
    /// Whether anyone can become such an owner, and one person many of them.
    package let isSelfRegistered: Bool

    /// An owner.
    package init(id: SHA256Digest, isSelfRegistered: Bool) {
        self.id = id
        self.isSelfRegistered = isSelfRegistered
    }
}

/// The outcome of using a single-use id.
package enum AssertionConsumption: Hashable, Sendable {
    /// Used for the first time.
    case consumed
    /// Used before.
    case replayed
    /// The table, or the owner's share of it, is full; the assertion must be refused.
    case full
}

/// Owns the consumed `jti`s: an assertion is accepted once, even across a restart (D-40).
package actor ReplayGuard: ReplayStore {
    private let journal: any ChangeJournal
    private let limits: StoreLimits
    private var uses: TreeDictionary<SHA256Digest, Use> = [:]
    private var buckets = ExpiryBuckets<SHA256Digest>(of: .minute)
    /// How many of the ids each owner has; an owner without ids has no entry.
    private var shares: [SHA256Digest: Int] = [:]
    private var selfRegisteredCount = 0

    fileprivate struct Use: Sendable {
        let owner: AssertionOwner
        let expiry: Timestamp
    }

    /// How many expired ids are dropped when the table is full.
    private static let sweepCountWhenFull = 1024

    /// An empty guard.
    package init(journal: any ChangeJournal, limits: StoreLimits = .init()) {
        self.journal = journal
        self.limits = limits
    }

    package func consume(
        _ id: SHA256Digest,
        of owner: AssertionOwner,
        expiry: Timestamp,
        now: Timestamp
    ) throws(StoreError) -> Receipt<AssertionConsumption> {
        try journal.requireAvailability()
        sweep(now: now, limit: 8)
        guard uses[id] == nil else { return journal.receipt(.replayed) }
        if !hasRoom(for: owner) {
            sweep(now: now, limit: Self.sweepCountWhenFull)
        }
        guard hasRoom(for: owner) else { return journal.receipt(.full) }
        let use = Use(owner: owner, expiry: expiry)
        insert(id, use)
        return journal.receipt(.consumed, at: journal.append(Self.record(id, use))) {
            await self.release(id, of: owner)
        }
    }

    private func release(_ id: SHA256Digest, of owner: AssertionOwner) {
        guard uses[id]?.owner == owner else { return }
        forget(id)
        // After the record of the use, which the journal still holds and writes when it can.
        _ = journal.append(Self.record(id, Use(owner: owner, expiry: Self.released)))
    }

    /// The expiry in the record of a use that was taken back.
    private static let released = Timestamp(secondsSinceEpoch: 0)

    private func forget(_ id: SHA256Digest) {
        if let use = uses.removeValue(forKey: id) { release(use.owner) }
    }

    // D-80: a client that registers itself and signs assertions in a loop must not lock out the operator's own clients
    // or the logout of an identity provider; nor must a thousand of them.
    private func hasRoom(for owner: AssertionOwner) -> Bool {
        let share = shares[owner.id, default: 0]
        guard uses.count < limits.consumedAssertionsMax else { return false }
        guard owner.isSelfRegistered else { return share < limits.consumedAssertionsPerOwnerMax }
        return share < limits.consumedAssertionsPerSelfRegisteredMax
            && selfRegisteredCount < limits.consumedAssertionsOfSelfRegisteredMax
    }

    /// Drops up to `limit` ids whose assertions have expired.
    package func sweep(now: Timestamp, limit: Int) {
        for id in buckets.popDue(now: now, limit: limit) {
            // Recovery may have replayed an earlier life of the id, whose bucket is due before the current one's.
            if let use = uses[id], use.expiry <= now {
                forget(id)
            }
        }
    }

    /// How many ids are stored, for metrics.
    package var count: Int {
        uses.count
    }

    private func insert(_ id: SHA256Digest, _ use: Use) {
        if let earlier = uses.updateValue(use, forKey: id) {
            release(earlier.owner)
        }
        shares[use.owner.id, default: 0] += 1
        if use.owner.isSelfRegistered { selfRegisteredCount += 1 }
        buckets.insert(id, expiry: use.expiry)
    }

    private func release(_ owner: AssertionOwner) {
        let share = shares[owner.id, default: 0] - 1
        shares[owner.id] = share > 0 ? share : nil
        if owner.isSelfRegistered { selfRegisteredCount -= 1 }
    }

    private static func record(_ id: SHA256Digest, _ use: Use) -> [UInt8] {
        BinaryWriter.record(.consumeOwnedAssertion) { writer in
            writer.write(id)
            writer.write(use.expiry)
            writer.write(use.owner.id)
            writer.write(use.owner.isSelfRegistered)
        }
    }
}

extension ReplayGuard: RecordedStore {
    package static let recordKinds: Set<RecordKind> = [.consumeAssertion, .consumeOwnedAssertion]

    /// A consumed id and its owner.
    package struct Change: RecordedChange {
        /// The id.
        package let id: SHA256Digest
        fileprivate let use: Use
        /// Whose id it is.
        package var owner: AssertionOwner { use.owner }
        /// When it can be forgotten.
        package var expiry: Timestamp { use.expiry }

        package var place: Int { id.hashValue }
    }

    package static func change(_ kind: RecordKind, _ reader: inout BinaryReader) throws(RecordError) -> Change {
        guard recordKinds.contains(kind) else { throw RecordError("not a record of the replay guard") }
        let id = try reader.digest()
        let expiry = try reader.timestamp()
        // Without an owner the id counts separately, until it expires.
        let owner =
            kind == .consumeAssertion
            ? AssertionOwner(id: id, isSelfRegistered: false)
            : AssertionOwner(id: try reader.digest(), isSelfRegistered: try reader.bool())
        return Change(id: id, use: Use(owner: owner, expiry: expiry))
    }

    package func apply(_ change: consuming Change) {
        if change.use.expiry == Self.released {
            forget(change.id)
        } else {
            insert(change.id, change.use)
        }
    }

    package func capture() -> CapturedState {
        let uses = uses
        return CapturedState(position: journal.lastPosition) { body in
            for (id, use) in uses {
                try body(Self.record(id, use))
            }
        }
    }
}
