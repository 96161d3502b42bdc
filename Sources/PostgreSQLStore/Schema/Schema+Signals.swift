extension Schema {
    /// The log of endings, and the streams of its readers.
    ///
    /// Whatever deletes a row of `sessions` ends the session, and a trigger writes it down: no verb can forget to. Only
    /// the sweep, and what takes a change back, set `gatehouse.quiet` for their transaction. Numbers are given at the
    /// end of each transaction, under the lock of the one row of `ending_logs`: a reader that has reached a number has
    /// missed none before it.
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
        CREATE FUNCTION note_session_ending() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            moment bigint := (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
        BEGIN
            IF COALESCE(current_setting('gatehouse.quiet', true), '') = 'on' THEN
                RETURN NULL;
            END IF;
            -- An agent lives only as long as its parent.
            INSERT INTO session_endings (session_id, ended_at, expiry, body)
            SELECT ended.id, moment, moment + l.retention, ended.body
            FROM ending_logs l, (
                SELECT OLD.id AS id, OLD.body AS body
                UNION ALL
                SELECT s.id, s.body FROM sessions s WHERE s.user_id = OLD.user_id AND s.parent_id = OLD.id
            ) AS ended
            WHERE l.id = 1 AND l.enabled;
            RETURN NULL;
        END
        $$
        """,
        """
        CREATE TRIGGER sessions_ending AFTER DELETE ON sessions
        FOR EACH ROW EXECUTE FUNCTION note_session_ending()
        """,
        """
        CREATE FUNCTION number_session_ending() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            number bigint;
        BEGIN
            UPDATE ending_logs SET last = last + 1 WHERE id = 1 RETURNING last INTO number;
            UPDATE session_endings SET sequence = number WHERE id = NEW.id;
            RETURN NULL;
        END
        $$
        """,
        """
        CREATE CONSTRAINT TRIGGER session_endings_number AFTER INSERT ON session_endings
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION number_session_ending()
        """,
        """
        CREATE FUNCTION forget_session_ending() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            -- A session that lives again, because what ended it was taken back, has not ended.
            IF COALESCE(current_setting('gatehouse.quiet', true), '') = 'on' THEN
                DELETE FROM session_endings WHERE session_id = NEW.id;
            END IF;
            RETURN NULL;
        END
        $$
        """,
        """
        CREATE TRIGGER sessions_revival AFTER INSERT ON sessions
        FOR EACH ROW EXECUTE FUNCTION forget_session_ending()
        """,
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
}
