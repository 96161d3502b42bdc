extension Schema {
    /// The log of endings, and the streams of its readers.
    ///
    /// A statement that ends sessions also writes their endings. Those have no number at first: readers, and each
    /// sweep, number what is committed, under the lock of the one row of `ending_logs`. So a reader that has reached a
    /// number has missed none before it, and no request waits for another one's number.
    static let signals: [String] = [
        """
        CREATE TABLE ending_logs (
            id bigint NOT NULL PRIMARY KEY,
            enabled boolean NOT NULL,
            retention bigint NOT NULL,
            last bigint NOT NULL,
            lost_through bigint NOT NULL,
            lost_at bigint NOT NULL
        )
        """,
        """
        INSERT INTO ending_logs (id, enabled, retention, last, lost_through, lost_at) VALUES (1, false, 0, 0, 0, 0)
        """,
        """
        CREATE TABLE session_endings (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            sequence bigint UNIQUE,
            session_id bytea,
            token bytea,
            ended_at bigint NOT NULL,
            expiry bigint NOT NULL,
            body bytea NOT NULL
        )
        """,
        "CREATE INDEX session_endings_expiry ON session_endings (expiry)",
        "CREATE INDEX session_endings_session ON session_endings (session_id) WHERE session_id IS NOT NULL",
        """
        CREATE TABLE event_streams (
            id bytea NOT NULL PRIMARY KEY,
            client bytea NOT NULL,
            used_at bigint NOT NULL,
            position bigint NOT NULL,
            body bytea NOT NULL
        )
        """,
        "CREATE INDEX event_streams_client ON event_streams (client, used_at)",
        "CREATE INDEX event_streams_used ON event_streams (used_at)",
    ]

    /// Drops the triggers that wrote the log in development versions of step 3, and their functions.
    static let signalsWithoutTriggers = ["note_session_ending", "number_session_ending", "forget_session_ending"].map {
        "DROP FUNCTION IF EXISTS \($0)() CASCADE"
    }
}
