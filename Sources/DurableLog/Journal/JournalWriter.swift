internal import Logging
internal import OpenSSLCrypto

/// Moves records from the queue to the disk, on a thread of its own.
///
/// Records stay in memory until they are synced. When a write or a sync fails, the segment is abandoned, nothing is
/// acknowledged, and the records that are not safe are written to a new segment as soon as the disk works. A page whose
/// sync failed may be gone from the kernel's cache although it counts as clean, so it is never relied on.
final class JournalWriter {
    /// What the writer needs to make segments.
    struct Place {
        let directory: StorageDirectory
        let key: StorageKey
        let random: any RandomSource
        let options: JournalOptions
        let logger: Logger
    }

    private let queue: JournalQueue
    private let place: Place
    /// Nil while the disk does not work.
    private var segment: JournalSegment?
    private var lastSegmentNumber: UInt64
    /// Every record that is not synced, written or not, oldest first.
    private var unsynchronized: [PendingRecord] = []
    private var unsynchronizedByteCount = 0
    private var synchronizedNumber: UInt64
    private var lastNumber: UInt64
    private var nextSynchronization: ContinuousClock.Instant?
    /// How many records the last group had.
    private var groupCount = 0
    /// How many more groups are synced at once, because waiting brought too few records.
    private var hurriedCount = 0

    /// How long to wait for more records; about as long as a sync takes.
    private static let gatherTime = Duration.microseconds(250)
    /// How many records make the wait worthwhile.
    private static let worthwhileCount = 5
    /// How many groups pass before waiting is tried again.
    private static let hurriedCountMax = 64

    init(queue: JournalQueue, place: Place, segment: JournalSegment, lastNumber: UInt64) {
        self.queue = queue
        self.place = place
        self.segment = segment
        lastSegmentNumber = segment.number
        self.lastNumber = lastNumber
        synchronizedNumber = lastNumber
    }

    /// The thread's main loop.
    func run() {
        while true {
            var work = queue.nextWork(within: nextSynchronization.map { ContinuousClock.now.duration(to: $0) })
            if place.options.policy == .always { gather(into: &work) }
            take(work)
            do {
                try write(work)
            } catch {
                fail(error)
                guard recover(isClosing: work.isClosing) else { return queue.didClose(.failure(.unavailable)) }
            }
            if work.isClosing { return close() }
        }
    }

    // A single request, or one among few, is served at once. Under load a sync for two or three records costs the rest
    // of the server a part of its core, so the writer waits for records that are about to arrive.
    private func gather(into work: inout JournalQueue.Work) {
        if hurriedCount > 0 {
            hurriedCount -= 1
        } else if groupCount > 1, !work.isClosing {
            queue.gather(into: &work, for: Self.gatherTime)
            if work.records.count < Self.worthwhileCount { hurriedCount = Self.hurriedCountMax }
        }
        groupCount = work.records.count
    }

    private func take(_ work: JournalQueue.Work) {
        if let resumption = work.resumption { skip(to: resumption) }
        unsynchronized += work.records
        unsynchronizedByteCount += work.records.reduce(0) { $0 + $1.cost }
        lastNumber = work.records.last?.sequenceNumber ?? lastNumber
    }

    /// Gives up the segment, because a snapshot covers everything up to a number and the journal has a gap before it.
    private func skip(to number: UInt64) {
        queue.didSkip(freedByteCount: unsynchronizedByteCount)
        unsynchronized = []
        unsynchronizedByteCount = 0
        synchronizedNumber = number
        lastNumber = number
        nextSynchronization = nil
        if let segment { trim(segment) }
        segment = nil
    }

    private func write(_ work: JournalQueue.Work) throws(StorageError) {
        // After a gap a new segment begins, with what has arrived since.
        guard segment != nil else { return try startSegment() }
        if work.beginsSegment { return try rotate(keeping: work.records) }
        if !work.records.isEmpty {
            guard try segment?.write(work.records, synchronizedNumber: synchronizedNumber) == true else {
                return try rotate(keeping: work.records)
            }
            queue.didWrite(through: lastNumber)
        }
        if mustSynchronize(work) {
            try segment?.synchronize()
            didSynchronize()
        } else if !unsynchronized.isEmpty, place.options.policy == .everySecond, nextSynchronization == nil {
            nextSynchronization = .now.advanced(by: .seconds(1))
        }
    }

    private func mustSynchronize(_ work: JournalQueue.Work) -> Bool {
        guard !unsynchronized.isEmpty else { return false }
        if work.synchronizes || work.isClosing { return true }
        switch place.options.policy {
        case .always: return true
        case .everySecond:
            if let nextSynchronization, nextSynchronization <= .now { return true }
            return unsynchronizedByteCount >= place.options.synchronizeByteCount
        case .off: return unsynchronizedByteCount >= place.options.synchronizeByteCount
        }
    }

    /// Ends the full segment and begins the next one with the records that did not fit.
    private func rotate(keeping records: [PendingRecord]) throws(StorageError) {
        // Only the newest segment may have a torn end, so the old one is made safe first.
        try segment?.synchronize()
        synchronizedNumber = (records.first?.sequenceNumber ?? lastNumber + 1) - 1
        let freed = unsynchronizedByteCount - records.reduce(0) { $0 + $1.cost }
        unsynchronized = records
        unsynchronizedByteCount -= freed
        queue.didSynchronize(through: synchronizedNumber, freedByteCount: freed)
        try startSegment()
    }

    /// Makes a segment that begins with all records that are not safe elsewhere; all of them are safe afterwards.
    private func startSegment() throws(StorageError) {
        // A number is used for one attempt only: the remains of a failed one must not be mistaken for this one.
        lastSegmentNumber += 1
        let started = try JournalSegment.create(
            number: lastSegmentNumber,
            firstNumber: synchronizedNumber + 1,
            records: unsynchronized,
            in: place.directory,
            key: place.key,
            random: place.random,
            capacity: place.options.segmentByteCount
        )
        segment = started
        queue.didStartSegment(
            JournalQueue.SegmentStart(number: started.number, firstNumber: started.firstNumber)
        )
        didSynchronize()
    }

    private func didSynchronize() {
        let freed = unsynchronizedByteCount
        unsynchronized = []
        unsynchronizedByteCount = 0
        synchronizedNumber = lastNumber
        nextSynchronization = nil
        queue.didSynchronize(through: lastNumber, freedByteCount: freed)
    }

    private func fail(_ error: StorageError) {
        place.logger.critical(
            "The journal cannot write; changes are refused until it can",
            metadata: ["error": "\(error)", "records": "\(unsynchronized.count)"]
        )
        queue.didFail()
        // Frees the space that the segment reserved, which may be what a full disk lacks.
        if let segment { trim(segment) }
        segment = nil
    }

    /// Retries until the disk works; false if the journal is closed first.
    private func recover(isClosing: Bool) -> Bool {
        var isClosing = isClosing
        var delay = place.options.retryDelay
        while true {
            if !isClosing {
                let work = queue.workAfterDelay(delay)
                take(work)
                isClosing = work.isClosing
            }
            do {
                try startSegment()
                queue.didRecover()
                place.logger.notice("The journal writes again", metadata: ["file": "\(segment?.name ?? "")"])
                return true
            } catch {
                place.logger.error("The journal still cannot write", metadata: ["error": "\(error)"])
                queue.didFail()
                if isClosing { return false }
                delay = min(delay * 2, place.options.retryDelayMax)
            }
        }
    }

    private func close() {
        // Everything is synced: closing is a reason to sync.
        if let segment { trim(segment) }
        queue.didClose(.success(()))
    }

    private func trim(_ segment: JournalSegment) {
        do {
            try segment.trim()
        } catch {
            place.logger.warning(
                "A journal segment keeps disk space that it does not need",
                metadata: ["file": "\(segment.name)", "error": "\(error)"]
            )
        }
    }
}
