package import OAuthProtocol

/// Maintenance of all connections, a bounded part in each turn.
extension TokenVault {
    package func connections(after id: ConnectionID?, limit: Int) -> [Connection] {
        connectionTable.connections(after: id, limit: limit)
    }

    package func takeDueRefreshes(
        at upstream: String,
        usedSince: Timestamp,
        now: Timestamp,
        limit: Int
    ) -> DueRefreshes {
        let taken = connectionTable.takeDue(at: upstream, now: now, limit: limit)
        // Unused connections leave the schedule until they are used again.
        let due = taken.due.filter { $0.usedAt.map { $0 > usedSince } ?? false }
        for connection in due { connectionTable.postpone(connection, until: now + RefreshSchedule.retryInterval) }
        return DueRefreshes(connections: due, isComplete: taken.isComplete)
    }
}
