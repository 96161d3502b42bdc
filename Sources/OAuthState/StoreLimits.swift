/// The bounds of everything that can grow, with the behaviour at the bound beside each.
package struct StoreLimits: Hashable, Sendable {
    /// Dynamically registered clients.
    ///
    /// At the bound the oldest client that was never used gives way, else one that was not used for 90 days, which is longer
    /// than a session without use lives; those that are in use never do (FD-8).
    package var dynamicClientsMax = 100_000
    /// Logins under way at upstream providers.
    ///
    /// At the bound a new one is refused with `temporarily_unavailable`.
    package var pendingAuthorizationsMax = 50_000
    /// Consent pages that were approved and have not expired.
    ///
    /// At the bound an approval is refused with `temporarily_unavailable`.
    package var approvedTicketsMax = 100_000
    /// Codes that were issued and can still be redeemed.
    ///
    /// At the bound a new one is refused with `temporarily_unavailable`.
    package var authorizationCodesMax = 100_000
    /// Live sessions.
    ///
    /// At the bound a new one is refused with `temporarily_unavailable`.
    package var sessionsMax = 5_000_000
    /// Users, each with the identity that he logs in by.
    ///
    /// At the bound a first login is refused with `temporarily_unavailable`; those who are known go on.
    package var usersMax = 5_000_000
    /// Remembered consents.
    ///
    /// At the bound consent is asked again instead of remembered.
    package var consentsMax = 1_000_000
    /// Access tokens revoked one by one and not yet expired.
    ///
    /// At the bound the revocation of a client's own token is refused with `temporarily_unavailable`, never answered as done.
    package var revokedAccessTokensMax = 1_000_000
    /// Those among them that belong to sessions.
    ///
    /// At the bound the whole session is ended instead, which needs no room.
    package var revokedAccessTokensOfSessionsMax = 750_000
    /// Those of one session, so that one client which refreshes and revokes in a loop does not fill the table.
    ///
    /// At the bound the session is ended.
    package var revokedAccessTokensPerSessionMax = 64
    /// Consumed assertion ids.
    ///
    /// At the bound an assertion is refused with `temporarily_unavailable`, never accepted.
    package var consumedAssertionsMax = 1_000_000
    /// Those of one issuer that the operator configured, a client or an identity provider; at the bound it alone is refused.
    package var consumedAssertionsPerOwnerMax = 250_000
    /// Those of one client that registered itself; at the bound it alone is refused.
    package var consumedAssertionsPerSelfRegisteredMax = 5_000
    /// Those of all clients that registered themselves; at the bound they are refused, and no other.
    package var consumedAssertionsOfSelfRegisteredMax = 500_000
    /// Connections of one user.
    ///
    /// At the bound a new account is refused with `temporarily_unavailable`.
    package var connectionsPerUserMax = 64
    /// Registrations of ourselves at providers, of which each configured upstream has one.
    ///
    /// At the bound a new one is refused with `temporarily_unavailable`.
    package var upstreamRegistrationsMax = 1000
    /// Wrong attempts at one code before it is burnt (TK-4).
    package var codeFailuresMax = 5

    /// The default bounds.
    package init() {}
}
