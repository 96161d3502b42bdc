import DurableLog
import OAuthProtocol

/// The one place where sessions and tokens end before their time.
extension AuthorizationSessions: EndingStore {
    package func lastEnding() -> UInt64 { endings.last }

    package func endings(after sequence: UInt64, limit: Int) -> Receipt<EndingPage> {
        // Waits for every record so far: an ending that a crash could undo must not be reported, and its number would
        // be given to another one.
        journal.receipt(endings.page(after: sequence, limit: limit))
    }

    /// Ends a session that lives, with its agents; returns the position after which they remain ended.
    func end(_ session: Session) -> JournalPosition {
        // An agent lives only as long as its parent, and so do its access tokens. By an index: all sessions of a user
        // may end at once, and each would search all others.
        let agents = recordsEndings ? sessions.agents(of: session.id) : []
        sessions.removeValue(forKey: session.id)
        // Before the removal: a crash between the two must not leave an end of which no verifier learns.
        for ended in recordsEndings ? [session] + agents : [] {
            // A token lives no longer than its session, and was issued until now, with at most the server's lifetime: a
            // reload may lengthen a client's. Before the first sweep the store does not know the time, so the session's
            // own end is the bound.
            let latest = moment + policy.accessTokenLifetime
            _ = note(
                .session(ended.id, ended.userID),
                resource: ended.resource,
                expiry: moment == Self.unknownMoment ? ended.expiry : min(ended.expiry, latest)
            )
        }
        return recordRemoval(of: session.id)
    }

    /// Adds the ending of a session or a token to the log.
    func note(_ subject: Ending.Subject, resource: String, expiry: Timestamp) -> JournalPosition {
        let ending = Ending(
            sequence: endings.last + 1,
            subject: subject,
            resource: resource,
            endedAt: moment,
            expiry: expiry + Ending.skew
        )
        endings.append(ending)
        return journal.append(ending.record(.putEnding))
    }

    /// Stores a session again that ended for one that was taken back: neither it nor its agents ever ended for anyone.
    func revive(_ session: Session) {
        insert(session)
        _ = journal.append(session.record(.putSession))
        for id in [session.id] + sessions.agents(of: session.id).map(\.id) where endings.withdraw(id) {
            _ = journal.append(BinaryWriter.record(.withdrawEnding) { $0.write(id) })
        }
    }

    /// The time before the first sweep.
    static let unknownMoment = Timestamp(secondsSinceEpoch: 0)
}
