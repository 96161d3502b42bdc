import Logging
import OAuthProtocol
import OAuthState
import Synchronization

/// Reminds of entered credentials that end soon (`remind_before`): once for each, in the audit trail, in the log and on
/// its user's page of connections.
final class ExpiryReminders: Sendable {
    private let vault: any VaultStore
    /// How long before the end of its credentials each upstream reminds.
    private let periods: [String: Duration]
    private let audit: AuditTrail
    private let logger: Logger
    private let lastTurn = Mutex<Timestamp?>(nil)

    /// How often it looks.
    static let interval: Duration = .seconds(3600)
    /// How many connections are examined in one turn of the store.
    private static let sliceCount = 1024

    init(vault: any VaultStore, periods: [String: Duration], audit: AuditTrail, logger: Logger) {
        self.vault = vault
        self.periods = periods
        self.audit = audit
        self.logger = logger
    }

    /// Reminds of what is due, if the last turn was long enough ago.
    func performDue(now: Timestamp) async {
        guard !periods.isEmpty, isTurn(now) else { return }
        var last: ConnectionID?
        while !Task.isCancelled {
            // While the store fails, nothing is due; the next turn asks again.
            guard let slice = try? await vault.connections(after: last, limit: Self.sliceCount), !slice.isEmpty else {
                return
            }
            for connection in slice where isDue(connection, now) { await remind(connection, now) }
            last = slice.last?.id
        }
    }

    private func isDue(_ connection: Connection, _ now: Timestamp) -> Bool {
        guard let period = periods[connection.upstream], let expiry = connection.accessTokenExpiry else { return false }
        return connection.status == .active && now < expiry && expiry <= now + period
    }

    // The mark is durable, so that a restart reminds of nothing twice. A credential that is entered again loses it.
    private func remind(_ connection: Connection, _ now: Timestamp) async {
        do {
            let marked = try await vault.mark(
                connection.id,
                version: connection.version,
                .expiring,
                reason: Connection.expiresSoon
            ).outcome
            guard marked else { return }
        } catch {
            // The next turn tries again.
            return
        }
        audit.record(.expiresSoon(connection), now: now)
        logger.notice(
            "an entered credential ends soon",
            metadata: ["upstream": "\(connection.upstream)", "connection": "\(connection.id.text)"]
        )
    }

    private func isTurn(_ now: Timestamp) -> Bool {
        lastTurn.withLock { last in
            if let last, now >= last, now - last < Self.interval { return false }
            last = now
            return true
        }
    }
}

extension AuditEvent {
    /// An entered credential ends soon, and its user should enter another one.
    static func expiresSoon(_ connection: Connection) -> AuditEvent {
        AuditEvent(
            "connection.expires_soon",
            [
                "sub": .string(connection.userID.text), "upstream": .string(connection.upstream),
                "expires_at": .string(connection.accessTokenExpiry?.rfc3339 ?? ""),
            ]
        )
    }
}
