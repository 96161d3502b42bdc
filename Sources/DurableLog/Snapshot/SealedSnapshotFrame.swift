/// A frame of a snapshot as it was read; any thread may open it.
struct SealedSnapshotFrame: Sendable {
    let header: [UInt8]
    let sealed: [UInt8]
    /// How many frames precede it.
    let counter: UInt64
    let seal: FileSeal
    let file: String
    /// Where the frame begins in its file.
    let offset: UInt64

    /// Whether the snapshot ends with it.
    var isLast: Bool { header[4] == 1 }

    /// The content: authentic, in its place, and still deflated.
    func plaintext() throws(StorageError) -> [UInt8] {
        guard let plaintext = SnapshotFrame.open(sealed, header: header, counter: counter, seal: seal) else {
            throw damage("a frame's seal does not match")
        }
        return plaintext
    }

    /// The frame's part of the snapshot's content.
    func content(_ inflater: Inflater) throws(StorageError) -> [UInt8] {
        guard let content = SnapshotFrame.inflate(try plaintext(), inflater: inflater) else {
            throw damage("a frame does not inflate")
        }
        return content
    }

    private func damage(_ detail: String) -> StorageError {
        .damaged(Damage(file: file, offset: offset, detail: detail))
    }
}
