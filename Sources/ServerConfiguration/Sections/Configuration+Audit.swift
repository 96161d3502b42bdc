extension Configuration {
    /// What becomes of the audit trail when its file or its reader cannot keep up.
    package struct Audit: Hashable, Sendable {
        /// What happens to an event that finds no room in memory.
        package var whenFull = WhenFull.block

        /// The size in bytes at which the trail's file is full and another one begins; `nil` for any.
        package var rotationByteCount: Int?

        /// The age of its first event at which the trail's file is full; `nil` for any.
        package var rotationAge: Duration?

        /// How many full files are kept; `nil` for all.
        package var keptFileCount: Int?

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
        Key(
            "rotate_size",
            \.rotationByteCount,
            .integer(65_536...1 << 40),
            """
            The size in bytes at which the file of the audit trail is full: it is renamed to `audit-TIME.log`, and another \
            one begins. Not together with a program that rotates it.
            """
        )
        Key(
            "rotate_age",
            \.rotationAge,
            .duration(.minutes(1) ... .days(3660)),
            "The age of its first event at which the file of the audit trail is full."
        )
        Key(
            "kept_files",
            \.keptFileCount,
            .integer(1...100_000),
            default: "all",
            "How many full files are kept; older ones are removed."
        )
    }
}
