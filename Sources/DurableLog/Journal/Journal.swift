import Foundations
internal import Logging
internal import OpenSSLCrypto

/// The journal of a storage directory: every change, sealed, in order, on the disk before it is acknowledged.
///
/// Group commit: records that arrive during one sync gather, and the next sync serves all of them.
package final class Journal: ChangeJournal {
    private let queue: JournalQueue
    private let policy: JournalPolicy

    /// Continues after the last record of a segment that was just begun, and starts the writer's thread.
    init(
        segments: [JournalQueue.SegmentStart],
        segment: JournalSegment,
        lastNumber: UInt64,
        place: JournalWriter.Place
    ) throws(FileSystemError) {
        let queue = JournalQueue(lastNumber: lastNumber, segments: segments, options: place.options)
        self.queue = queue
        policy = place.options.policy
        do {
            try OwnThread(name: "journal") {
                JournalWriter(queue: queue, place: place, segment: segment, lastNumber: lastNumber).run()
            }.detach()
        } catch {
            throw FileSystemError(error)
        }
    }

    /// Buffers a record; wakes the writer if it sleeps.
    package func append(_ record: [UInt8]) -> JournalPosition {
        JournalPosition(sequenceNumber: queue.append(record))
    }

    /// Returns once the record is as safe as the policy promises: synced with `always`, otherwise written.
    package func waitUntilDurable(_ position: JournalPosition) async throws(JournalError) {
        try await queue.wait(for: position.sequenceNumber, policy == .always ? .synchronized : .written)
    }

    /// The position after the last appended record.
    package var lastPosition: JournalPosition { JournalPosition(sequenceNumber: queue.lastNumber) }

    /// False while the disk refuses records, and while too many bytes of them wait.
    package var isAvailable: Bool { queue.isAvailable }

    /// What was done so far, for metrics.
    package var statistics: JournalStatistics { queue.statistics }

    /// Returns once every record so far is synced, whatever the policy.
    package func flush() async throws(JournalError) {
        try await queue.wait(for: queue.lastNumber, .synchronized)
    }

    /// Begins a new segment, with a key of its own, before anything else is written.
    ///
    /// For a machine that was resumed, or copied while it ran: its twin would seal other records with the same key and
    /// the same nonces.
    package func beginSegment() {
        queue.requestSegment()
    }

    /// Syncs the remaining records and ends the writer's thread; records appended afterwards are refused.
    ///
    /// - Throws: `unavailable` if the disk did not take the last records; those were not acknowledged.
    package func close() async throws(JournalError) {
        try await queue.close()
    }

    /// Whether records were omitted, because too many waited for a disk that did not take them, and the disk works
    /// again.
    ///
    /// A snapshot by ``DurableStore/writeSnapshot(resumingAfter:creationSeconds:_:)`` lets the journal continue.
    package var requiresSnapshot: Bool { queue.requiresSnapshot }

    /// Holds further records until a snapshot covers everything up to the returned position, at which every part of the
    /// state has to be captured; nil if no records were omitted.
    package func beginResuming() -> JournalPosition? {
        queue.beginResuming().map { JournalPosition(sequenceNumber: $0) }
    }

    /// Continues after a snapshot that is on the disk; false if more records were omitted since.
    func resume(after position: JournalPosition) -> Bool {
        queue.resume(after: position.sequenceNumber)
    }

    /// The segments on the disk, oldest first.
    var segments: [JournalQueue.SegmentStart] { queue.segments }

    /// Drops the removed ones from `segments`.
    func forgetSegments(_ numbers: Set<UInt64>) {
        queue.forgetSegments(numbers)
    }
}
