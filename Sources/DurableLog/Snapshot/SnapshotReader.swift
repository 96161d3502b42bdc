/// Reads a snapshot frame by frame; every error names the file and the offset.
struct SnapshotReader {
    let header: FileHeader
    let name: String

    private let file: any OpenFile
    private let seal: FileSeal
    private let byteCount: UInt64
    private var offset = UInt64(FileHeader.byteCount)
    private var frameCount: UInt64 = 0
    private var isAtEnd = false
    private let inflater: Inflater
    private var content: [UInt8] = []
    private var contentIndex = 0

    /// Reads and checks the header.
    init(path: String, name: String, key: StorageKey, fileSystem: any FileSystem) throws(StorageError) {
        do {
            file = try fileSystem.openFile(path)
            byteCount = try file.size()
            (header, seal) = try FileHeader.decode(
                try file.read(FileHeader.byteCount, at: 0),
                as: .snapshot,
                key: key,
                file: name
            )
            inflater = try Inflater()
        } catch {
            throw StorageError(error)
        }
        self.name = name
    }

    var description: SnapshotDescription {
        SnapshotDescription(
            file: name,
            number: header.number,
            position: JournalPosition(sequenceNumber: header.position),
            creationSeconds: header.creationSeconds,
            byteCount: byteCount
        )
    }

    /// Reads all frames to the last item and keeps nothing; throws if the snapshot is not whole.
    mutating func verify() throws(StorageError) {
        while try nextItem() != nil {}
    }

    /// Checks that every frame is present, in its place and authentic, and keeps nothing.
    ///
    /// Authentic bytes are the written ones, so a start need not inflate everything twice.
    mutating func authenticate() throws(StorageError) {
        while let frame = try nextFrame() { _ = try frame.plaintext() }
    }

    /// The next item; nil at the end of a whole snapshot.
    mutating func nextItem() throws(StorageError) -> SnapshotItem? {
        while true {
            switch SnapshotItem.parse(content, at: contentIndex) {
            case .item(let item, let count):
                contentIndex += count
                return item
            case .invalid:
                throw damage("the content is not a sequence of sections and chunks")
            case .incomplete:
                if isAtEnd {
                    guard contentIndex == content.count else { throw damage("the content ends within an item") }
                    return nil
                }
                content.removeFirst(contentIndex)
                contentIndex = 0
                guard let frame = try nextFrame() else { throw damage("the file ends before its last frame") }
                content += try frame.content(inflater)
            }
        }
    }

    /// The next frame as it is in the file; nil after the last one.
    mutating func nextFrame() throws(StorageError) -> SealedSnapshotFrame? {
        guard !isAtEnd else { return nil }
        do {
            let headerBytes = try file.read(SnapshotFrame.headerByteCount, at: offset)
            guard let frame = SnapshotFrame.decodeHeader(headerBytes) else {
                throw damage(
                    headerBytes.count < SnapshotFrame.headerByteCount
                        ? "the file ends before its last frame" : "no frame starts here"
                )
            }
            let sealed = try file.read(frame.sealedByteCount, at: offset + UInt64(headerBytes.count))
            guard sealed.count == frame.sealedByteCount else { throw damage("a frame is incomplete") }
            let end = offset + UInt64(headerBytes.count + sealed.count)
            if frame.isLast, end != byteCount { throw damage("bytes follow the last frame") }
            defer {
                offset = end
                frameCount += 1
                isAtEnd = frame.isLast
            }
            return SealedSnapshotFrame(
                header: headerBytes,
                sealed: sealed,
                counter: frameCount,
                seal: seal,
                file: name,
                offset: offset
            )
        } catch {
            throw StorageError(error)
        }
    }

    private func damage(_ detail: String) -> StorageError {
        .damaged(Damage(file: name, offset: offset, detail: detail))
    }
}
