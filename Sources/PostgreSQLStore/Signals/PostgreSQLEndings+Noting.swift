/// The parts of statements that end sessions, or take such an end back, which keep the log of endings.
extension PostgreSQLEndings {
    /// A common table expression that writes the endings of deleted sessions, and of their agents, into the log.
    ///
    /// Its name is `logged`. It writes nothing where no node asked for the log. A session that is in the log already is
    /// not written again: an agent ended with its parent, and its row is deleted later.
    ///
    /// - Parameter gone: The expression that deletes the sessions and returns their `id`, `user_id` and `body`.
    /// - Returns: The expression, a part of a `WITH` list.
    static func noting(_ gone: String) -> String {
        // A node of a version that relied on triggers may still need them. `set_config` silences them for this
        // transaction: they run after the statement.
        """
        logged AS (
            INSERT INTO session_endings (session_id, ended_at, expiry, body)
            SELECT ended.id, t.moment, t.moment + l.retention, ended.body
            FROM ending_logs l, (
                SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
                    set_config('gatehouse.quiet', 'on', true)
            ) AS t (moment, quiet), (
                SELECT g.id, g.body FROM \(gone) g
                UNION
                SELECT s.id, s.body FROM \(gone) g JOIN sessions s ON s.user_id = g.user_id AND s.parent_id = g.id
            ) AS ended
            WHERE l.id = 1 AND l.enabled
                AND NOT EXISTS (SELECT 1 FROM session_endings e WHERE e.session_id = ended.id)
        )
        """
    }

    /// The end of a statement that makes sessions live again: neither they nor their agents have ended.
    ///
    /// - Parameter revived: The expression that inserts the sessions and returns their `id` and `user_id`.
    /// - Returns: The main statement, after a `WITH` list.
    static func forgetting(_ revived: String) -> String {
        """
        DELETE FROM session_endings WHERE session_id = ANY(ARRAY(
            SELECT id FROM \(revived)
            UNION
            SELECT s.id FROM \(revived) r JOIN sessions s ON s.user_id = r.user_id AND s.parent_id = r.id
        ))
        """
    }

    /// Gives numbers to endings that are committed and have none, in the order in which they were written.
    ///
    /// What commits later gets a higher number than everything that a reader has seen. Two nodes that number at once
    /// wait for each other at the row of `ending_logs`; the second then leaves a gap, which no reader minds.
    static let numbering = SQLCall(
        SQLStatement(
            """
            WITH fresh AS MATERIALIZED (
                SELECT f.id, row_number() OVER (ORDER BY f.id) AS place FROM (
                    SELECT id FROM session_endings WHERE sequence IS NULL ORDER BY id LIMIT 5000
                ) AS f
            ), moved AS (
                UPDATE ending_logs SET last = last + (SELECT count(*) FROM fresh)
                WHERE id = 1 AND EXISTS (SELECT 1 FROM fresh)
                RETURNING last - (SELECT count(*) FROM fresh) AS start
            )
            UPDATE session_endings e SET sequence = m.start + f.place FROM fresh f, moved m
            WHERE e.id = f.id AND e.sequence IS NULL
            """
        )
    )
}
