/// Returns the stored state as ``Replay`` does, in large pieces that several threads can open at once.
///
/// The owner takes pieces in order, lets any threads open them, and passes the opened pieces back in the same order to
/// get their records: the snapshot's rows first, then the records that follow it.
package struct BatchedReplay {
    private let directory: StorageDirectory
    private let key: StorageKey
    private let firstNumber: UInt64
    private var steps: ArraySlice<RecoveryPlan.SegmentStep>
    private var snapshot: SnapshotReader?
    private var cutter = ChunkCutter()
    private let snapshotName: String

    init(_ plan: RecoveryPlan, directory: StorageDirectory, key: StorageKey) throws(StorageError) {
        self.directory = directory
        self.key = key
        firstNumber = plan.firstNumber
        steps = plan.steps[...]
        snapshotName = plan.report.snapshot?.file ?? ""
        if let name = plan.report.snapshot?.file {
            snapshot = try SnapshotReader(
                path: directory.path(of: name),
                name: name,
                key: key,
                fileSystem: directory.fileSystem
            )
        }
    }

    /// The next piece, as it is on the disk; nil when there are no more.
    package mutating func nextPiece() throws(StorageError) -> SealedPiece? {
        if let frame = try snapshot?.nextFrame() {
            // Deflated to about half.
            return SealedPiece(content: .frame(frame), byteCount: 2 * frame.sealed.count)
        }
        snapshot = nil
        guard let step = steps.popFirst() else { return nil }
        do {
            let byteCount = try directory.fileSystem.openFile(directory.path(of: step.name)).size()
            return SealedPiece(content: .segment(step, firstNumber, directory, key), byteCount: Int(byteCount))
        } catch {
            throw StorageError(error)
        }
    }

    /// The records in an opened piece, including one that began in the piece before.
    package mutating func batches(in piece: OpenedPiece) throws(StorageError) -> [RecordBatch] {
        switch piece.content {
        case .frame(let content, let isLast):
            guard let batch = cutter.batch(of: content) else {
                throw damage("the content is not a sequence of sections and chunks")
            }
            if isLast, cutter.isWithinItem { throw damage("the content ends within an item") }
            return [batch]
        case .segment(let batches):
            return batches
        }
    }

    private func damage(_ detail: String) -> StorageError {
        .damaged(Damage(file: snapshotName, offset: 0, detail: detail))
    }
}

/// A part of the stored state, as it is on the disk.
package struct SealedPiece: Sendable {
    enum Content {
        case frame(SealedSnapshotFrame)
        case segment(RecoveryPlan.SegmentStep, UInt64, StorageDirectory, StorageKey)
    }

    let content: Content
    /// About how many bytes it has when it is open.
    package let byteCount: Int

    /// Reads, opens and inflates the piece, on any thread.
    package func open() throws(StorageError) -> OpenedPiece {
        switch content {
        case .frame(let frame):
            do {
                return OpenedPiece(content: .frame(try frame.content(try Inflater()), isLast: frame.isLast))
            } catch {
                throw StorageError(error)
            }
        case .segment(let step, let firstNumber, let directory, let key):
            var segment = try SegmentReplay(step, from: firstNumber, in: directory, key: key)
            var batches: [RecordBatch] = []
            var bytes: [UInt8] = []
            var records: [Range<Int>] = []
            while let record = segment.next() {
                records.append(bytes.count..<(bytes.count + record.bytes.count))
                bytes += record.bytes
                if bytes.count >= RecordBatch.byteCount {
                    batches.append(RecordBatch(bytes: bytes, records: records))
                    bytes = []
                    records = []
                }
            }
            return OpenedPiece(content: .segment(batches + [RecordBatch(bytes: bytes, records: records)]))
        }
    }
}

/// A part of the stored state, opened.
package struct OpenedPiece: Sendable {
    enum Content {
        case frame([UInt8], isLast: Bool)
        case segment([RecordBatch])
    }

    let content: Content
}
