import Foundations
internal import Logging
import Synchronization

extension DurableStore {
    /// The snapshots in the directory, oldest first.
    package var snapshotDescriptions: [SnapshotDescription] { snapshots.withLock { $0.kept } }

    /// Writes a snapshot on a thread of its own, then removes the snapshots and segments that it makes superfluous.
    ///
    /// The caller captures every part of the state before the call: `position` is `journal.lastPosition` as it was
    /// before the first capture, and each section names the journal's position at its own. Everything captured is made
    /// durable first, so that a snapshot never contains more than the journal.
    ///
    /// - Parameters:
    ///   - position: Every section contains the effect of all records up to here.
    ///   - creationSeconds: The time, in seconds since 1970.
    ///   - body: Writes the sections; runs on the snapshot's thread.
    /// - Returns: The written snapshot's description.
    /// - Throws: `snapshotInProgress`, `journal`, or the disk's error; the earlier snapshots remain.
    package func writeSnapshot(
        covering position: JournalPosition,
        creationSeconds: Int64,
        _ body: @escaping @Sendable (SnapshotWriter) throws(StorageError) -> Void
    ) async throws(StorageError) -> SnapshotDescription {
        try await writeSnapshot(creationSeconds: creationSeconds, body) { () async throws(StorageError) in
            let last = journal.lastPosition
            guard position <= last else {
                throw StorageError.invalidSnapshotContent("its position is after the journal's last record")
            }
            do throws(JournalError) {
                try await journal.flush()
            } catch {
                throw .journal(error)
            }
            return position...last
        }
    }

    /// Writes a snapshot that covers the records that the journal had to omit, and lets the journal continue after it.
    ///
    /// Nothing that was omitted is on the disk before the snapshot is, and nothing later is written before: a crash at
    /// any moment leaves either the state before the gap or all of the snapshot.
    ///
    /// - Parameters:
    ///   - position: What ``Journal/beginResuming()`` returned; every section is captured at exactly this position,
    ///     because records after it are not on the disk yet.
    ///   - creationSeconds: The time, in seconds since 1970.
    ///   - body: Writes the sections; runs on the snapshot's thread.
    /// - Returns: The written snapshot's description.
    /// - Throws: `snapshotInProgress`, the disk's error, or `journal` if more records were omitted since.
    package func writeSnapshot(
        resumingAfter position: JournalPosition,
        creationSeconds: Int64,
        _ body: @escaping @Sendable (SnapshotWriter) throws(StorageError) -> Void
    ) async throws(StorageError) -> SnapshotDescription {
        let description = try await writeSnapshot(creationSeconds: creationSeconds, body) { position...position }
        guard journal.resume(after: position) else { throw .journal(.unavailable) }
        logger.notice(
            "The journal continues after records that only a snapshot contains",
            metadata: ["file": "\(description.file)", "position": "\(position.sequenceNumber)"]
        )
        return description
    }

    private func writeSnapshot(
        creationSeconds: Int64,
        _ body: @escaping @Sendable (SnapshotWriter) throws(StorageError) -> Void,
        positions: () async throws(StorageError) -> ClosedRange<JournalPosition>
    ) async throws(StorageError) -> SnapshotDescription {
        guard let number = snapshots.withLock({ $0.begin() }) else { throw .snapshotInProgress }
        do {
            let positions = try await positions()
            let result = try await OwnThread.run(name: "snapshot", urgency: .background) {
                () -> Result<SnapshotDescription, StorageError> in
                Result { () throws(StorageError) in
                    try self.write(number, positions: positions, creationSeconds: creationSeconds, body)
                }
            }
            return try result.get()
        } catch {
            snapshots.withLock { $0.end(nil) }
            throw StorageError(error)
        }
    }

    private func write(
        _ number: UInt64,
        positions: ClosedRange<JournalPosition>,
        creationSeconds: Int64,
        _ body: (SnapshotWriter) throws(StorageError) -> Void
    ) throws(StorageError) -> SnapshotDescription {
        let header = FileHeader(
            kind: .snapshot,
            key: key,
            random: random,
            number: number,
            position: positions.lowerBound.sequenceNumber,
            creationSeconds: creationSeconds
        )
        let name = StorageDirectory.snapshotName(number)
        let byteCount = try directory.createWhole(name) { file throws(StorageError) in
            let writer = try SnapshotWriter(
                file: file,
                header: header,
                key: key,
                positions: positions,
                options: options
            )
            try body(writer)
            try writer.finish()
            return writer.byteCount
        }.value
        let description = SnapshotDescription(
            file: name,
            number: number,
            position: positions.lowerBound,
            creationSeconds: creationSeconds,
            byteCount: byteCount
        )
        snapshots.withLock { $0.end(description) }
        logger.info(
            "Wrote a snapshot",
            metadata: [
                "file": "\(name)", "bytes": "\(byteCount)", "position": "\(positions.lowerBound.sequenceNumber)",
            ]
        )
        removeSuperseded()
        return description
    }

    /// Removes snapshots beyond the count, then the segments that even the oldest remaining one does not need.
    private func removeSuperseded() {
        let (superseded, kept) = snapshots.withLock { history in
            (history.takeSuperseded(keeping: options.snapshotCountMax), history.kept)
        }
        do {
            for snapshot in superseded { try directory.removeIfPresent(snapshot.file) }
            // After a crash, an older snapshot must not exist without the records that follow it.
            if !superseded.isEmpty { try directory.fileSystem.synchronizeDirectory(directory.path) }
            // Until the full number of snapshots exists, only the journal can replace a damaged one.
            guard kept.count >= options.snapshotCountMax, let oldest = kept.first else { return }
            let segments = journal.segments
            for (segment, next) in zip(segments, segments.dropFirst()) {
                guard next.firstNumber <= oldest.position.sequenceNumber + 1 else { break }
                try directory.removeIfPresent(StorageDirectory.segmentName(segment.number))
                journal.forgetSegments([segment.number])
            }
        } catch {
            // The snapshot is safe; files that could not be removed only cost space until a later one removes them.
            logger.warning("An old file of the storage could not be removed", metadata: ["error": "\(error)"])
        }
    }
}
