import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import PostgreSQLTesting
import Testing

@testable import PostgreSQLStore

/// Development versions wrote the log of endings by triggers: their tables are still used, and their nodes run beside
/// newer ones.
@Suite("Tables whose triggers write the log of endings")
struct EarlierTriggersTests {
    private static let settings = FilledState.settings

    /// Tables as the earlier version made them, with a node of it that lives.
    private func earlier() async throws -> TestDatabase {
        let database = try await TestDatabase()
        let steps = Schema.migrations.prefix(3).map { step in
            let triggers = step.version == 3 ? Self.triggers : []
            return Schema.Migration(version: step.version, statements: step.statements + triggers)
        }
        try await SchemaMigrator(database: database.database, migrations: steps).migrate(now: StoreSample.now)
        #expect(try await PlainSQLTests.foreignObjects(database) > 0)
        let id = [UInt8](repeating: 7, count: LivingNodes.earlierIDLength)
        try await database.run("INSERT INTO nodes (id, seen_at) VALUES ($1, 0)", [.bytes(id)])
        return database
    }

    private func version(_ database: TestDatabase) async throws -> Int64 {
        try await SchemaMigrator(database: database.database).version()
    }

    private func endings(_ node: PostgreSQLStorage) async throws -> [Ending] {
        try await #require(node.stores.signals).endings.endings(after: 0, limit: 100).outcome.endings
    }

    @Test("while an earlier node lives they stay, and each ending is in the log once, whichever node made it")
    func together() async throws {
        let database = try await earlier()
        let node = try await TestStorage.open(database.settings, Self.settings)
        #expect(try await version(database) == 4)
        var ended: [Ending.Subject] = []
        for number in UInt64(1)...4 {
            let session = try await node.stores.sessions.opened(StoreSample.grant(number))
            ended.append(.session(session.id, session.userID))
            if number.isMultiple(of: 2) {
                // As the earlier version ends a session.
                try await database.run("DELETE FROM sessions WHERE id = $1", [.id(session.id)])
            } else {
                _ = try await node.stores.sessions.revoke(session.id).outcome
            }
        }
        let log = try await endings(node)
        #expect(log.map(\.subject) == ended)
        #expect(log.map(\.sequence) == log.map(\.sequence).sorted() && Set(log.map(\.sequence)).count == 4)
        try await node.close()
    }

    @Test("a session that is revived because its end was taken back is not in the log, with triggers and without")
    func revival() async throws {
        let database = try await earlier()
        var settings = Self.settings
        settings.limits.sessionsPerUserAndClientMax = 1
        for isEarlier in [true, false] {
            let node = try await TestStorage.open(database.settings, settings)
            #expect(try await version(database) == (isEarlier ? 4 : 5))
            let number: UInt64 = isEarlier ? 1 : 2
            let session = try await node.stores.sessions.opened(StoreSample.grant(number))
            var grant = StoreSample.grant(number + 10)
            grant.userID = session.userID
            let code = StoreSample.digest("lost \(number)")
            _ = try await node.stores.sessions.issueCode(code, for: grant, now: StoreSample.now).outcome
            let redemption = StoreSample.redemption("lost \(number)")
            let lost = try await node.stores.sessions.redeem(redemption, now: StoreSample.now)
            await lost.failAnswering()
            #expect(try await node.stores.sessions.session(session.id, now: StoreSample.now) == session)
            #expect(try await endings(node).isEmpty)
            try await node.close()
            try await database.run("DELETE FROM nodes")
        }
    }

    @Test("the first node that starts after the last earlier one is gone drops them, and the log goes on")
    func afterwards() async throws {
        let database = try await earlier()
        let first = try await TestStorage.open(database.settings, Self.settings)
        let old = try await first.stores.sessions.opened(StoreSample.grant(1))
        try await database.run("DELETE FROM sessions WHERE id = $1", [.id(old.id)])
        try await database.run("DELETE FROM nodes")
        let second = try await TestStorage.open(database.settings, Self.settings)
        #expect(try await version(database) == 5)
        #expect(try await PlainSQLTests.foreignObjects(database) == 0)
        let new = try await second.stores.sessions.opened(StoreSample.grant(2))
        _ = try await first.stores.sessions.revoke(new.id).outcome
        for node in [first, second] {
            let subjects: [Ending.Subject] = [.session(old.id, old.userID), .session(new.id, new.userID)]
            #expect(try await endings(node).map(\.subject) == subjects)
            try await node.close()
        }
    }

    // As they were; a copy, because the program no longer has them.
    private static let triggers = [
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
    ]
}
