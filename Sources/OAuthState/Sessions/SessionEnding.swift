import DurableLog
import HashTreeCollections
package import OAuthProtocol

/// What ends at once: sessions by name, and every login that rests on certain connections.
package struct SessionEnding: Hashable, Sendable {
    /// Sessions, or what is about to become them.
    package var sessions: Set<SessionID>
    /// Logins that used one of these end too, before they become sessions.
    package var connections: Set<ConnectionID>

    /// An ending.
    package init(sessions: Set<SessionID> = [], connections: Set<ConnectionID> = []) {
        self.sessions = sessions
        self.connections = connections
    }

    func covers(_ sessionID: SessionID, _ connections: [ConnectionID]) -> Bool {
        sessions.contains(sessionID) || connections.contains { self.connections.contains($0) }
    }
}

/// A login between two steps, while its callback asks the provider for tokens.
///
/// It is in no other table then; without this one a logout of that moment would miss it.
struct LoginInHand: Sendable {
    let sessionID: SessionID
    let connections: [ConnectionID]
    var isEnded = false

    /// How long a callback may take; far longer than all of its time-outs.
    static let lifetime: Duration = .seconds(600)
}

extension AuthorizationSessions {
    func takeInHand(_ login: PendingAuthorization, now: Timestamp) {
        inHand.expire(now: now)
        guard inHand.count < limits.pendingAuthorizationsMax else { return }
        let entry = LoginInHand(sessionID: login.sessionID, connections: login.connections)
        inHand.insert(entry, for: login.sessionID, expiry: now + LoginInHand.lifetime)
    }

    func isEndedInHand(_ id: SessionID) -> Bool { inHand[id]?.isEnded ?? false }

    package func end(_ ending: SessionEnding) -> Recorded<Int> {
        for state in pending.keys(where: { ending.covers($0.sessionID, $0.connections) }) {
            pending.remove(state)
        }
        for id in inHand.keys(where: { ending.covers($0.sessionID, $0.connections) }) {
            guard var login = inHand[id] else { continue }
            login.isEnded = true
            inHand.update(login, for: id)
        }
        // Redeemed codes too: what became a session since the caller looked is found by its code.
        var ended = ending.sessions
        let burnt = codes.keys { ending.covers($0.grant.sessionID, $0.grant.connections) }
        for key in burnt {
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
        return Recorded(count, at: position)
    }

    package func awaitedConnections() -> Set<ConnectionID> {
        let logins = Array(pending.all.lazy.flatMap(\.connections)) + inHand.all.lazy.flatMap(\.connections)
        let grants = codes.all.lazy.filter { !$0.isRedeemed }.flatMap(\.grant.connections)
        return Set(logins).union(grants)
    }
}
