import DurableLog
package import OAuthProtocol

/// Sessions that begin without a login here, because another issuer vouches for the user.
extension AuthorizationSessions {
    package func start(_ session: Session, now: Timestamp) throws(StoreError) -> Receipt<StoreAdmission> {
        try journal.requireAvailability()
        let ended = longestIdle(of: session.userID, with: session.clientID)
        guard sessions.count < limits.sessionsMax || ended != nil else { return journal.receipt(.full) }
        if let ended { _ = remove(ended.id) }
        insert(session)
        return journal.receipt(.admitted, at: journal.append(session.record(.putSession))) {
            await self.withdraw(session, inPlaceOf: ended)
        }
    }

    /// Takes back a session whose tokens never left; the one that ended for it lives on.
    private func withdraw(_ session: Session, inPlaceOf ended: Session?) {
        guard sessions.removeValue(forKey: session.id) != nil else { return }
        // After the record of the session, which the journal still holds and writes when it can.
        recordRemoval(of: session.id)
        if let ended { revive(ended) }
    }
}
