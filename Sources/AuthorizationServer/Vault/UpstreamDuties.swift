import OAuthProtocol

/// Work on upstream tokens that no request causes: registrations of this server, revocations, resealing.
///
/// It runs beside everything else, because a slow provider must not delay snapshots and signing keys.
final class UpstreamDuties: Sendable {
    private let registrations: UpstreamRegistrations
    private let unusedConnections: UnusedConnections
    private let vaultKeys: VaultKeyRotation
    private let revocations: ProviderRevocations
    private let reminders: ExpiryReminders
    private let turns: SerialTurns
    /// Apart from the rest: a provider that does not answer takes long, and has many tokens to revoke.
    private let revocationTurns: SerialTurns

    init(
        registrations: UpstreamRegistrations,
        unusedConnections: UnusedConnections,
        vaultKeys: VaultKeyRotation,
        revocations: ProviderRevocations,
        reminders: ExpiryReminders,
        work: BackgroundWork
    ) {
        self.registrations = registrations
        self.unusedConnections = unusedConnections
        self.vaultKeys = vaultKeys
        self.revocations = revocations
        self.reminders = reminders
        turns = SerialTurns(work: work)
        revocationTurns = SerialTurns(work: work)
    }

    /// Starts a turn unless one is in progress.
    func start(now: Timestamp) {
        turns.startIfIdle { await self.turn(now: now) }
        revocationTurns.startIfIdle { await self.revocations.performDue(now: now) }
    }

    /// Does everything that is due.
    func performDue(now: Timestamp) async {
        await turns.run { await self.turn(now: now) }
        await revocationTurns.run { await self.revocations.performDue(now: now) }
    }

    /// Begins no more; a registration in progress goes on, because its answer holds the only credentials.
    func stop() {
        turns.stop()
        revocationTurns.stop()
    }

    /// Puts on record which revocations are not known to have succeeded, once the turns have ended.
    func abandon(now: Timestamp) {
        revocations.abandon(now: now)
    }

    private func turn(now: Timestamp) async {
        await registrations.performDue()
        await vaultKeys.performDue(now: now)
        await unusedConnections.performDue(now: now)
        await reminders.performDue(now: now)
    }
}
