/// When a record counts as durable.
package enum JournalPolicy: String, Sendable, CaseIterable {
    /// After `fdatasync`: a power failure loses nothing that was acknowledged. One sync serves all waiting requests.
    case always
    /// After the write, synced each second: a killed process loses nothing, a power failure up to a second.
    case everySecond = "every-second"
    /// After the write, synced when many bytes wait: a killed process loses nothing, a power failure what the kernel
    /// held.
    case off
}

/// The settings of a journal.
package struct JournalOptions: Sendable {
    /// When a record counts as durable.
    package var policy: JournalPolicy
    /// How many bytes a segment reserves ahead; when it is full, a new one begins.
    package var segmentByteCount: Int
    /// How many bytes of memory records may occupy that wait for a sync, before the journal reports that it is
    /// unavailable.
    package var unsynchronizedByteCountMax: Int
    /// The wait before the first new attempt after the disk failed; doubled after each failed attempt.
    package var retryDelay: Duration
    /// The longest wait between two attempts.
    package var retryDelayMax: Duration

    /// The options of a server.
    package init(
        policy: JournalPolicy = .always,
        segmentByteCount: Int = 64 << 20,
        unsynchronizedByteCountMax: Int = 64 << 20,
        retryDelay: Duration = .milliseconds(100),
        retryDelayMax: Duration = .seconds(5)
    ) {
        self.policy = policy
        self.segmentByteCount = segmentByteCount
        self.unsynchronizedByteCountMax = unsynchronizedByteCountMax
        self.retryDelay = retryDelay
        self.retryDelayMax = retryDelayMax
    }

    /// In the policies that sync rarely: how many bytes may wait for a sync, kept in memory until then.
    var synchronizeByteCount: Int { min(16 << 20, unsynchronizedByteCountMax / 4) }

    /// Beyond this the journal omits records, because callers kept changing state while it was unavailable.
    ///
    /// From then on it is unavailable until a snapshot covers what was omitted.
    var overflowByteCount: Int { 2 * unsynchronizedByteCountMax }
}
