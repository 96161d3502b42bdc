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

/// A login between two steps, while its callback asks the provider for tokens.
///
/// It is in no other table during that time; without this one, a logout would miss it.
struct LoginInHand: Sendable {
    let sessionID: SessionID
    let clientID: String
    let connections: [ConnectionID]
    let source: SourceNetwork
    var isEnded = false

    /// How long a callback may take; far longer than all of its time-outs together.
    static let lifetime: Duration = .seconds(600)
}

extension AuthorizationSessions {
    /// Whether it could be remembered: a login that no logout could find must not continue.
    func takeInHand(_ login: PendingAuthorization, now: Timestamp) -> Bool {
        inHand.expire(now: now)
        guard
            inHand[login.sessionID] != nil
                || inHand.admits(login.source, countMax: limits.pendingAuthorizationsMax)
        else { return false }
        let entry = LoginInHand(
            sessionID: login.sessionID,
            clientID: login.clientID,
            connections: login.connections,
            source: login.source
        )
        inHand.insert(entry, for: login.sessionID, expiry: now + LoginInHand.lifetime)
        return true
    }

    package func abandon(_ id: SessionID) {
        inHand.remove(id)
    }

    func isEndedInHand(_ id: SessionID) -> Bool { inHand[id]?.isEnded ?? false }

    package func end(_ ending: SessionEnding) throws(StoreError) -> Receipt<Int> {
        try journal.requireAvailability()
        for state in pending.keys(coveredBy: ending) {
            pending.remove(state)
        }
        for id in inHand.keys(coveredBy: ending) {
            guard var login = inHand[id] else { continue }
            login.isEnded = true
            inHand.update(login, for: id)
        }
        // Redeemed codes too: a session that was created since the caller looked is found by its code.
        var ended = ending.sessions
        for key in codes.keys(coveredBy: ending) {
            if let code = codes[key] { ended.insert(code.grant.sessionID) }
            codes.remove(key)
            redeemableCodes.remove(key)
        }
        var position = journal.lastPosition
        var count = 0
        for id in ended where sessions.removeValue(forKey: id) != nil {
            position = recordRemoval(of: id)
            count += 1
        }
        return journal.receipt(count, at: position)
    }
}
