extension Schema {
    /// Which streams of events are pushed, and by which node until when.
    static let pushes: [String] = [
        """
        ALTER TABLE event_streams
            ADD COLUMN pushes boolean NOT NULL DEFAULT false,
            ADD COLUMN lease_holder text,
            ADD COLUMN lease_expiry bigint
        """,
        "CREATE INDEX event_streams_pushed ON event_streams (id) WHERE pushes",
    ]
}
