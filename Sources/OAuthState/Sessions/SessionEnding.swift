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

extension AuthorizationSessions {
    package func end(_ ending: SessionEnding) -> Recorded<Int> {
        for state in pending.keys(where: { ending.covers($0.sessionID, $0.connections) }) {
            pending.remove(state)
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
        let logins = pending.all.lazy.flatMap(\.connections)
        let grants = codes.all.lazy.filter { !$0.isRedeemed }.flatMap(\.grant.connections)
        return Set(logins).union(grants)
    }
}
