extension Configuration {
    /// What becomes of the audit trail when its file or its reader cannot keep up.
    package struct Audit: Hashable, Sendable {
        /// What happens to an event that finds no room in memory.
        package var whenFull = WhenFull.block

        /// Makes the default: no event is lost.
        package init() {}

        /// What happens to an event that finds no room in memory.
        package enum WhenFull: String, CaseIterable, Hashable, Sendable {
            /// The request that caused it is answered only once there is room; the event is never dropped.
            case block
            /// It is dropped; a metric and a line of the trail say how many were.
            case dropAndCount = "drop-and-count"
        }
    }
}

extension Configuration.Audit {
    static let keys = KeySection(Self()) {
        Key(
            "when_full",
            \.whenFull,
            .choice,
            """
            What happens when 8 MiB of the audit trail wait for their file or reader: requests are answered only once \
            their events fit, or further events are dropped and counted.
            """
        )
    }
}
