/// When a record counts as durable.
package enum JournalPolicy: String, Sendable, CaseIterable {
    /// After `fdatasync`: a power cut loses nothing that was acknowledged. One sync serves all who wait.
    case always
    /// After the write, synced each second: a killed process loses nothing, a power cut up to a second.
    case everySecond = "every-second"
    /// After the write, synced when many bytes wait: a killed process loses nothing, a power cut what the kernel held.
    case off
}

/// How the journal works.
package struct JournalOptions: Sendable {
    /// When a record counts as durable.
    package var policy: JournalPolicy
    /// How much room a segment reserves ahead, in bytes; a new one begins when it is full.
    package var segmentByteCount: Int
    /// How many bytes of records may wait for a sync before the journal says that it is not available.
    package var unsynchronizedByteCountMax: Int
    /// How long to wait before the first new attempt after the disk failed; doubled after each failed attempt.
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

    /// In the policies that sync seldom: how many bytes may wait for it, kept in memory until then.
    var synchronizeByteCount: Int { min(16 << 20, unsynchronizedByteCountMax / 4) }

    /// Behind this the journal gives up until a restart: callers went on changing state while it was unavailable.
    var overflowByteCount: Int { 2 * unsynchronizedByteCountMax }
}
