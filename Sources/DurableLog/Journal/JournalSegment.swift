internal import OpenSSLCrypto

/// A record on its way to the disk.
struct PendingRecord: Sendable {
    let sequenceNumber: UInt64
    let bytes: [UInt8]

    /// What it costs in memory: its place in an array that may have grown to twice its size, and a heap block with its
    /// header and rounding.
    ///
    /// Many records have fewer bytes than this.
    static let overheadByteCount = 80

    /// How many bytes of memory it occupies, reserved ones included.
    var cost: Int { bytes.capacity + Self.overheadByteCount }
}

/// The segment that the journal writes to; used by the writer's thread alone.
///
/// After any error of a write or a sync the segment is abandoned: the file's contents after the last sync are unknown,
/// and a later successful sync would not reveal a loss.
struct JournalSegment {
    let number: UInt64
    let name: String
    /// The number of the first record that this segment is the authority for.
    let firstNumber: UInt64

    private let file: any OpenFile
    private let seal: FileSeal
    private let capacity: UInt64
    /// The offset of the next frame.
    private var writtenByteCount: UInt64

    /// Makes a segment that begins with these records, complete and on the disk, or not at all.
    static func create(
        number: UInt64,
        firstNumber: UInt64,
        records: [PendingRecord],
        in directory: StorageDirectory,
        key: StorageKey,
        random: any RandomSource,
        capacity: Int
    ) throws(StorageError) -> JournalSegment {
        let header = FileHeader(
            kind: .journalSegment,
            key: key,
            random: random,
            number: number,
            position: firstNumber - 1,
            creationSeconds: 0
        )
        let name = StorageDirectory.segmentName(number)
        let (file, value) = try directory.createWhole(name) { file throws(StorageError) in
            do {
                var (bytes, seal) = try header.encoded(key: key)
                try Self.append(records, synchronizedNumber: firstNumber - 1, seal: seal, to: &bytes)
                // Space for later records is reserved now, so that a full disk shows here and not between two records.
                let capacity = max(capacity, bytes.count)
                try file.allocate(UInt64(capacity))
                try file.write(bytes, at: 0)
                return (seal: seal, capacity: UInt64(capacity), count: UInt64(bytes.count))
            } catch {
                throw StorageError(error)
            }
        }
        return JournalSegment(
            number: number,
            name: name,
            firstNumber: firstNumber,
            file: file,
            seal: value.seal,
            capacity: value.capacity,
            writtenByteCount: value.count
        )
    }

    /// Writes records with one call; false if the segment has no space for them.
    mutating func write(_ records: [PendingRecord], synchronizedNumber: UInt64) throws(StorageError) -> Bool {
        let frames = records.reduce(0) { $0 + $1.bytes.count + RecordFrame.overheadByteCount }
        guard writtenByteCount + UInt64(frames) <= capacity else { return false }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(frames)
        do {
            try Self.append(records, synchronizedNumber: synchronizedNumber, seal: seal, to: &bytes)
            try file.write(bytes, at: writtenByteCount)
        } catch {
            throw StorageError(error)
        }
        writtenByteCount += UInt64(bytes.count)
        return true
    }

    /// Returns once everything written is on the disk.
    func synchronize() throws(StorageError) {
        do {
            try file.synchronizeData()
        } catch {
            throw .fileSystem(error)
        }
    }

    /// Releases reserved space that will not be used, and removes the remains of a failed write.
    ///
    /// Written and unsynced records stay: with a policy other than `always` they have been acknowledged.
    func trim() throws(FileSystemError) {
        try file.truncate(to: writtenByteCount)
    }

    private static func append(
        _ records: [PendingRecord],
        synchronizedNumber: UInt64,
        seal: FileSeal,
        to bytes: inout [UInt8]
    ) throws(CryptoError) {
        for record in records {
            try RecordFrame.append(
                record.bytes,
                sequenceNumber: record.sequenceNumber,
                synchronizedNumber: synchronizedNumber,
                seal: seal,
                to: &bytes
            )
        }
    }
}
