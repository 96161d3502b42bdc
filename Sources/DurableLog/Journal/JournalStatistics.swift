/// A journal's counters since it was opened, for metrics.
package struct JournalStatistics: Equatable, Sendable {
    /// Records appended.
    package var recordCount: UInt64 = 0
    /// Bytes of records appended, before framing.
    package var recordByteCount: UInt64 = 0
    /// Groups written with one call.
    package var groupCount: UInt64 = 0
    /// Syncs that succeeded.
    package var synchronizationCount: UInt64 = 0
    /// Writes, syncs and new segments that failed.
    package var failureCount: UInt64 = 0
    /// Segments begun.
    package var segmentCount: UInt64 = 0
    /// Bytes of memory that records occupy which are not synced yet; bounded by
    /// ``JournalOptions/unsynchronizedByteCountMax``.
    package var unsynchronizedByteCount = 0
}
