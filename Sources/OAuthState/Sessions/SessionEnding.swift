import DurableLog
package import OAuthProtocol

/// A set of things that end at once: named sessions, and every login that uses certain connections.
package struct SessionEnding: Hashable, Sendable {
    /// Sessions, or logins that are about to become them.
    package var sessions: Set<SessionID>
    /// Logins that use one of these end too, before they become sessions.
    package var connections: Set<ConnectionID>
    /// Of the logins that use one of the connections only those of this client; `nil` for all.
    package var clientID: String?

    /// An ending.
    package init(sessions: Set<SessionID> = [], connections: Set<ConnectionID> = [], clientID: String? = nil) {
        self.sessions = sessions
        self.connections = connections
        self.clientID = clientID
    }
}

/// A login that was taken by its callback, which asks the provider for tokens.
///
/// It is in no other table during that time; without this one, a logout would miss it.
struct TakenLogin: Sendable {
    let login: Login
    var isEnded = false

    /// How long a callback may take; far longer than all of its time-outs together.
    static let lifetime: Duration = .seconds(600)
}

extension AuthorizationSessions {
    /// Whether it could be remembered: a login that no logout could find must not continue.
    func take(_ login: Login, now: Timestamp) -> Bool {
        taken.expire(now: now)
        guard
            taken[login.sessionID] != nil || taken.admits(login.source, countMax: limits.pendingAuthorizationsMax)
        else { return false }
        taken.insert(TakenLogin(login: login), for: login.sessionID, expiry: now + TakenLogin.lifetime)
        return true
    }

    package func abandon(_ id: SessionID) {
        taken.remove(id)
    }

    /// Whether a login has ended since its callback took it.
    func isEnded(_ id: SessionID) -> Bool { taken[id]?.isEnded ?? false }

    package func end(_ ending: SessionEnding) throws(StoreError) -> Receipt<Int> {
        try journal.requireAvailability()
        for state in pending.keys(coveredBy: ending) {
            pending.remove(state)
        }
        for id in taken.keys(coveredBy: ending) {
            guard var entry = taken[id] else { continue }
            entry.isEnded = true
            taken.update(entry, for: id)
        }
        // Redeemed codes too: a session that was created since the caller looked is found by its code.
        var ended = ending.sessions
        for key in codes.keys(coveredBy: ending) {
            if let code = codes[key] { ended.insert(code.login.sessionID) }
            codes.remove(key)
            redeemableCodes.remove(key)
        }
        var position = journal.lastPosition
        var count = 0
        for id in ended {
            guard let session = sessions[id] else { continue }
            position = self.end(session)
            count += 1
        }
        return journal.receipt(count, at: position)
    }
}
