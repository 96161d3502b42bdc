package import Logging
package import OpenSSLCrypto
import Synchronization

/// A storage directory that this process owns: its journal, its snapshots, and their contents at the start.
package final class DurableStore: Sendable {
    /// Receives the changes.
    package let journal: Journal
    /// What was found at the start.
    package let recovery: RecoveryReport

    let directory: StorageDirectory
    let key: StorageKey
    let random: any RandomSource
    let options: StorageOptions
    let logger: Logger
    let snapshots: Mutex<SnapshotHistory>
    private let plan: RecoveryPlan
    private let lock: any FileLock

    /// Locks a directory, checks everything in it, and begins a new segment of its journal; blocks.
    ///
    /// - Parameters:
    ///   - path: The directory, which is created if it is missing.
    ///   - keySource: The key that seals the files.
    ///   - fileSystem: The disk.
    ///   - options: Policy, sizes and counts.
    ///   - random: The source of salts and of a new key.
    ///   - logger: Receives what was found.
    /// - Returns: The store; ``replay()`` returns its contents.
    /// - Throws: `locked`, `keyMissing`, `wrongKey`, or `damaged` with file, offset and remedy. Nothing is omitted
    ///   silently: the report and the log name a torn end and all damage.
    package static func open(
        directory path: String,
        key keySource: StorageKeySource,
        fileSystem: any FileSystem = POSIXFileSystem(),
        options: StorageOptions = StorageOptions(),
        random: any RandomSource = SystemRandomSource(),
        logger: Logger
    ) throws(StorageError) -> DurableStore {
        let directory = StorageDirectory(fileSystem: fileSystem, path: path)
        let lock = try directory.lock()
        do {
            return try DurableStore(directory, keySource, options, random, logger, lock)
        } catch {
            lock.release()
            throw error
        }
    }

    private init(
        _ directory: StorageDirectory,
        _ keySource: StorageKeySource,
        _ options: StorageOptions,
        _ random: any RandomSource,
        _ logger: Logger,
        _ lock: any FileLock
    ) throws(StorageError) {
        do {
            let contents = try directory.contents()
            try directory.requireData(contents, companions: options.companions, accepted: options.acceptedLosses)
            try directory.remove(contents.temporaries)
            let (key, isNewKey) = try keySource.key(in: directory, contents: contents, random: random, logger: logger)
            var plan = try RecoveryPlanner.plan(
                directory,
                contents: contents,
                key: key,
                acceptedLosses: options.acceptedLosses
            )
            plan.report.createdKey = isNewKey
            plan.report.removedTemporaryFiles = contents.temporaries
            plan.report.restorationSeconds = directory.restorationSeconds(contents, key: key, logger: logger)
            plan.report.log(to: logger, directory: directory.path)
            try directory.setAside(plan.damagedSnapshots)
            let place = JournalWriter.Place(
                directory: directory,
                key: key,
                random: random,
                options: options.journal,
                logger: logger
            )
            journal = try Self.continueJournal(plan, place: place, lastNumber: contents.segments.last ?? 0)
            // After the first segment: a crash between the two leaves a store that is merely not marked yet.
            if !contents.hasStoreFile { Self.mark(directory, key: key, random: random, logger: logger) }
            self.key = key
            self.plan = plan
        } catch {
            throw StorageError(error)
        }
        recovery = plan.report
        snapshots = Mutex(SnapshotHistory(kept: plan.snapshots))
        self.directory = directory
        self.random = random
        self.options = options
        self.logger = logger
        self.lock = lock
    }

    /// Returns the directory's contents; must be used before the first snapshot is written.
    package func replay() throws(StorageError) -> Replay {
        try Replay(plan, directory: directory, key: key)
    }

    /// Returns the same in pieces for several threads; must be used before the first snapshot is written.
    package func batchedReplay() throws(StorageError) -> BatchedReplay {
        try BatchedReplay(plan, directory: directory, key: key)
    }

    /// The key of the audit trail's checkpoints, which is derived from the storage's.
    package var auditKey: HMACSHA256Key { key.auditKey }

    /// Records that the state lacks changes that were acknowledged, as after a restore; blocks.
    ///
    /// - Parameter seconds: Now, in seconds since 1970.
    /// - Throws: The disk's error; the state is then not marked.
    package func markRestored(seconds: Int64) throws(StorageError) {
        try directory.writeMarker(.restoration, seconds: seconds, key: key, random: random)
    }

    /// Syncs the remaining records, ends the journal, and releases the directory for another process.
    package func close() async throws(JournalError) {
        defer { lock.release() }
        try await journal.close()
    }

    /// Marks that there is a store; a failure is repeated at the next start and stops nothing.
    private static func mark(
        _ directory: StorageDirectory,
        key: StorageKey,
        random: any RandomSource,
        logger: Logger
    ) {
        do {
            try directory.writeMarker(.store, seconds: 0, key: key, random: random)
        } catch {
            logger.warning("The storage directory could not be marked as one", metadata: ["error": "\(error)"])
        }
    }

    /// Begins a new segment: an old one is never written to again, so that none of its nonces is used twice.
    private static func continueJournal(
        _ plan: RecoveryPlan,
        place: JournalWriter.Place,
        lastNumber: UInt64
    ) throws(any Error) -> Journal {
        // After a sync that failed before the last process ended, records read from the newest segment may exist in the
        // kernel's cache only. The new segment repeats them, and is on the disk before any change builds on it.
        let segment = try JournalSegment.create(
            number: lastNumber + 1,
            firstNumber: plan.carried.first?.sequenceNumber ?? plan.lastNumber + 1,
            records: plan.carried,
            in: place.directory,
            key: place.key,
            random: place.random,
            capacity: place.options.segmentByteCount
        )
        var segments = plan.segments
        if let newest = segments.last {
            let path = place.directory.path(of: StorageDirectory.segmentName(newest.number))
            do {
                if newest.firstNumber > plan.lastNumber {
                    // It holds no record: an earlier start changed nothing.
                    try place.directory.fileSystem.remove(path)
                    segments.removeLast()
                } else if let end = plan.newestSegmentEnd {
                    // Releases the space that it reserved, and removes a torn end.
                    try place.directory.fileSystem.openFile(path).truncate(to: end)
                }
            } catch {
                place.logger.warning(
                    "An old journal segment keeps disk space that it does not need",
                    metadata: ["error": "\(error)"]
                )
            }
        }
        segments.append(JournalQueue.SegmentStart(number: segment.number, firstNumber: segment.firstNumber))
        return try Journal(segments: segments, segment: segment, lastNumber: plan.lastNumber, place: place)
    }
}
