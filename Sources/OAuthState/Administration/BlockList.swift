package import DurableLog
package import OAuthProtocol
import Synchronization

/// Owns the operator's blocks.
package actor BlockList: BlockStore {
    private let journal: any ChangeJournal
    /// Changed only in the actor's turns; read without one, because every request of a client asks.
    private let table = Mutex<[BlockedParty: Timestamp]>([:])

    /// The most blocks.
    package static let countMax = 10_000

    /// An empty list.
    package init(journal: any ChangeJournal) {
        self.journal = journal
    }

    package func block(_ party: BlockedParty, now: Timestamp) throws(StoreError) -> Receipt<BlockOutcome> {
        try journal.requireAvailability()
        let count = table.withLock { $0[party] == nil ? $0.count : nil }
        guard let count else { return journal.receipt(.already) }
        guard count < Self.countMax else { return journal.receipt(.full) }
        let block = Block(party: party, since: now)
        table.withLock { $0[party] = now }
        return journal.receipt(.blocked, at: journal.append(block.record(.putBlock)))
    }

    package func unblock(_ party: BlockedParty) throws(StoreError) -> Receipt<Bool> {
        try journal.requireAvailability()
        guard table.withLock({ $0.removeValue(forKey: party) }) != nil else { return journal.receipt(false) }
        let record = BinaryWriter.record(.removeBlock) { writer in
            writer.write(party.kind)
            writer.write(party.value)
        }
        return journal.receipt(true, at: journal.append(record))
    }

    nonisolated package var isKnownToBeEmpty: Bool { table.withLock { $0.isEmpty } }

    nonisolated package func hasBlocks() async -> Bool { !isKnownToBeEmpty }

    nonisolated package func isBlocked(_ party: BlockedParty) async -> Bool {
        table.withLock { !$0.isEmpty && $0[party] != nil }
    }

    nonisolated package func blocks() async -> [Block] {
        let table = table.withLock(\.self)
        return table.map { Block(party: $0.key, since: $0.value) }
            .sorted { ($0.since, $0.party.value) < ($1.since, $1.party.value) }
    }
}

extension Block: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(party.kind)
        writer.write(party.value)
        writer.write(since)
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        party = try reader.blockedParty()
        since = try reader.timestamp()
    }
}

extension BinaryReader {
    fileprivate mutating func blockedParty() throws(RecordError) -> BlockedParty {
        guard let party = BlockedParty(kind: try string(), value: try string()) else {
            throw RecordError("unknown kind of block")
        }
        return party
    }
}

extension BlockList: RecordedStore {
    package static let recordKinds: Set<RecordKind> = [.putBlock, .removeBlock]

    /// The meaning of one record of a block.
    package enum Change: RecordedChange {
        case put(Block)
        case remove(BlockedParty)

        package var place: Int {
            switch self {
            case .put(let block): block.party.hashValue
            case .remove(let party): party.hashValue
            }
        }
    }

    package static func change(_ kind: RecordKind, _ reader: inout BinaryReader) throws(RecordError) -> Change {
        switch kind {
        case .putBlock: .put(try Block(from: &reader))
        case .removeBlock: .remove(try reader.blockedParty())
        default: throw RecordError("not a record of the block list")
        }
    }

    package func apply(_ change: consuming Change) {
        switch consume change {
        case .put(let block): table.withLock { $0[block.party] = block.since }
        case .remove(let party): table.withLock { $0[party] = nil }
        }
    }

    package func capture() -> CapturedState {
        let blocks = table.withLock(\.self)
        return CapturedState(position: journal.lastPosition) { body in
            for (party, since) in blocks { try body(Block(party: party, since: since).record(.putBlock)) }
        }
    }
}
