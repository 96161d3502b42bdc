internal import OpenSSLCrypto

/// Writes a snapshot in sections of chunks: deflated, sealed in frames, and visible only when all of it is on the disk.
///
/// It blocks and is used on one thread, which ``DurableStore/writeSnapshot(covering:creationSeconds:_:)`` provides.
package final class SnapshotWriter {
    private let file: any OpenFile
    private let encoders: SnapshotFrameEncoders
    private let synchronizeByteCount: Int
    private var synchronizedByteCount: UInt64 = 0
    private var content: [UInt8] = []
    private var frameCount: UInt64 = 0
    private var hasSection = false
    /// The positions that a section may have been captured at.
    private let positions: ClosedRange<JournalPosition>

    /// How many bytes the file has so far.
    private(set) var byteCount: UInt64

    /// How many bytes the sections have before deflating.
    package private(set) var contentByteCount: UInt64 = 0

    init(
        file: any OpenFile,
        header: FileHeader,
        key: StorageKey,
        positions: ClosedRange<JournalPosition>,
        options: StorageOptions
    ) throws(StorageError) {
        do {
            let (bytes, seal) = try header.encoded(key: key)
            try file.write(bytes, at: 0)
            self.file = file
            encoders = SnapshotFrameEncoders(
                threadCount: options.snapshotThreadCount,
                compressionLevel: options.compressionLevel,
                seal: seal
            )
            byteCount = UInt64(bytes.count)
        } catch {
            throw StorageError(error)
        }
        self.positions = positions
        synchronizeByteCount = options.snapshotSynchronizeByteCount
        content.reserveCapacity(2 * SnapshotFrame.contentByteCount)
    }

    /// Begins a section.
    ///
    /// - Parameters:
    ///   - id: The caller's name for the section.
    ///   - position: The journal's position when this part of the state was captured. Recovery returns it: the section
    ///     already contains the effect of records up to it.
    /// - Throws: `invalidSnapshotContent` for a position before the snapshot's own or after the durable one;
    ///   `fileSystem`.
    package func beginSection(_ id: UInt32, position: JournalPosition) throws(StorageError) {
        // Recovery omits the records that a section claims to contain: too large a claim would lose changes.
        guard positions.contains(position) else {
            throw .invalidSnapshotContent(
                "section \(id) has position \(position.sequenceNumber), outside the snapshot's"
            )
        }
        hasSection = true
        try append(.section(id: id, position: position))
    }

    /// Adds a chunk to the current section; recovery returns the chunks as they were written.
    package func write(_ chunk: [UInt8]) throws(StorageError) {
        guard hasSection else { throw .invalidSnapshotContent("a chunk before the first section") }
        guard chunk.count <= SnapshotItem.chunkByteCountMax else {
            throw .invalidSnapshotContent(
                "a chunk has \(chunk.count) bytes; at most \(SnapshotItem.chunkByteCountMax) are allowed"
            )
        }
        try append(.chunk(chunk))
    }

    /// Writes the last frame, which makes the snapshot whole.
    func finish() throws(StorageError) {
        try encode(content, isLast: true)
        content = []
        for frame in try encoders.finish() { try write(frame: frame) }
    }

    private func append(_ item: SnapshotItem) throws(StorageError) {
        let before = content.count
        item.append(to: &content)
        contentByteCount += UInt64(content.count - before)
        guard content.count >= SnapshotFrame.contentByteCount else { return }
        var start = 0
        while content.count - start >= SnapshotFrame.contentByteCount {
            let end = start + SnapshotFrame.contentByteCount
            try encode(Array(content[start..<end]), isLast: false)
            start = end
        }
        content.removeFirst(start)
    }

    private func encode(_ bytes: [UInt8], isLast: Bool) throws(StorageError) {
        for frame in try encoders.encode(bytes, counter: frameCount, isLast: isLast) { try write(frame: frame) }
        frameCount += 1
    }

    private func write(frame: [UInt8]) throws(StorageError) {
        do {
            try synchronizeIfDue()
            try file.write(frame, at: byteCount)
        } catch {
            throw .fileSystem(error)
        }
        byteCount += UInt64(frame.count)
    }

    /// Syncs what was written so far.
    ///
    /// At the end it would be hundreds of megabytes, and the journal's syncs, with the requests that wait for them,
    /// would queue behind it.
    private func synchronizeIfDue() throws(FileSystemError) {
        guard byteCount - synchronizedByteCount >= synchronizeByteCount else { return }
        try file.synchronizeData()
        synchronizedByteCount = byteCount
    }
}
