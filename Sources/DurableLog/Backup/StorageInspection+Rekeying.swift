import Logging
package import OpenSSLCrypto

extension StorageInspection {
    /// What a copy under another key contains.
    package struct Rekeying: Equatable, Sendable {
        /// The snapshot that was sealed again, if there is one.
        package let snapshot: SnapshotDescription?
        /// How many records follow it.
        package let recordCount: Int
    }

    /// Copies everything that a start would read into an empty directory, sealed with another key.
    ///
    /// The original stays as it is: only the operator's change of the configuration decides which one counts, so an
    /// interruption at any moment loses nothing. No server may be running on the original.
    ///
    /// - Parameters:
    ///   - path: The directory to fill: missing or empty, except for a key and a lock.
    ///   - newKey: The key of the copy.
    ///   - options: Sizes and compression.
    ///   - random: The source of salts.
    /// - Returns: What was copied.
    /// - Throws: `locked` while a server runs, `directoryNotEmpty`, `damaged`, `wrongKey`.
    package func rekey(
        into path: String,
        with newKey: StorageKey,
        options: StorageOptions = StorageOptions(),
        random: any RandomSource = SystemRandomSource()
    ) throws(StorageError) -> Rekeying {
        let lock = try directory.lock()
        defer { lock.release() }
        let target = StorageDirectory(fileSystem: directory.fileSystem, path: path)
        let targetLock = try target.lock()
        defer { targetLock.release() }
        do {
            let contents = try directory.contents()
            let present = try target.contents()
            guard !present.hasData, !present.hasStoreFile, present.others.allSatisfy({ $0 == "lost+found" }) else {
                throw StorageError.directoryNotEmpty(path)
            }
            try target.remove(present.temporaries)
            let plan = try RecoveryPlanner.plan(directory, contents: contents, key: key, acceptedLosses: [])
            let copy = StorageCopy(
                plan: plan,
                source: directory,
                key: key,
                target: target,
                newKey: newKey,
                options: options,
                random: random
            )
            let rekeying = try copy.write()
            let mark = directory.restorationSeconds(contents, key: key, logger: Self.quiet)
            if let mark { try target.writeMarker(.restoration, seconds: mark, key: newKey, random: random) }
            // Last: a copy without it is not whole.
            try target.writeMarker(.store, seconds: 0, key: newKey, random: random)
            return rekeying
        } catch {
            throw StorageError(error)
        }
    }
}

extension StorageInspection {
    private static var quiet: Logger { Logger(label: "rekey") { _ in SwiftLogNoOpLogHandler() } }
}

/// A copy of a store under another key.
private struct StorageCopy {
    let plan: RecoveryPlan
    let source: StorageDirectory
    let key: StorageKey
    let target: StorageDirectory
    let newKey: StorageKey
    let options: StorageOptions
    let random: any RandomSource

    /// How many bytes of records one segment of the copy holds, more or less.
    private static let segmentByteCount = 32 << 20

    func write() throws(StorageError) -> StorageInspection.Rekeying {
        var replay = try Replay(plan, directory: source, key: key)
        var item = try replay.next()
        var written: SnapshotDescription?
        if let snapshot = plan.report.snapshot {
            let name = StorageDirectory.snapshotName(snapshot.number)
            let header = FileHeader(
                kind: .snapshot,
                key: newKey,
                random: random,
                number: snapshot.number,
                position: snapshot.position.sequenceNumber,
                creationSeconds: snapshot.creationSeconds
            )
            let result = try target.createWhole(name) { file throws(StorageError) in
                let writer = try SnapshotWriter(
                    file: file,
                    header: header,
                    key: newKey,
                    // The planner has accepted the sections' positions.
                    positions: snapshot.position...JournalPosition(sequenceNumber: .max),
                    options: options
                )
                while let current = item {
                    switch current {
                    case .section(let id, let position): try writer.beginSection(id, position: position)
                    case .chunk(let bytes): try writer.write(bytes)
                    case .record:
                        try writer.finish()
                        return writer.byteCount
                    }
                    item = try replay.next()
                }
                try writer.finish()
                return writer.byteCount
            }
            written = SnapshotDescription(
                file: name,
                number: snapshot.number,
                position: snapshot.position,
                creationSeconds: snapshot.creationSeconds,
                byteCount: result.value
            )
        }
        return .init(snapshot: written, recordCount: try writeRecords(from: item, &replay))
    }

    private func writeRecords(
        from first: RecoveredItem?,
        _ replay: inout Replay
    ) throws(StorageError) -> Int {
        var item = first
        var records: [PendingRecord] = []
        var byteCount = 0
        var recordCount = 0
        var number: UInt64 = 0
        func writeSegment() throws(StorageError) {
            guard let first = records.first else { return }
            number += 1
            _ = try JournalSegment.create(
                number: number,
                firstNumber: first.sequenceNumber,
                records: records,
                in: target,
                key: newKey,
                random: random,
                capacity: 0
            )
            recordCount += records.count
            records = []
            byteCount = 0
        }
        while let current = item {
            if case .record(let position, let bytes) = current {
                records.append(PendingRecord(sequenceNumber: position.sequenceNumber, bytes: bytes))
                byteCount += bytes.count
                if byteCount >= Self.segmentByteCount { try writeSegment() }
            }
            item = try replay.next()
        }
        try writeSegment()
        return recordCount
    }
}
