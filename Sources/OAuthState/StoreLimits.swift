/// The bounds of everything that can grow, each with the behaviour at the bound.
package struct StoreLimits: Hashable, Sendable {
    /// The most dynamically registered clients.
    ///
    /// At the bound the oldest never-used client of the network that has most of them is evicted, otherwise one that
    /// was not used for 90 days, which is longer than an unused session lives. Clients in use are never evicted (FD-8).
    package var dynamicClientsMax = 100_000
    /// The most bytes of clients that were never used, with what the tables need for them.
    ///
    /// At the bound the oldest of the network that has most of them is evicted.
    package var neverUsedClientBytesMax = 64 << 20
    /// After how long a client that was never used is dropped.
    package var neverUsedClientLifetime = Duration.seconds(86_400)
    /// The most logins in progress at upstream providers.
    ///
    /// A login is refused with `temporarily_unavailable` at the bound and, once the table is half full, if its network
    /// has more than a 64th of what is left.
    package var pendingAuthorizationsMax = 50_000
    /// The most used consent pages, connect links and page logins that have not expired: 6,600 in each second of ten
    /// minutes, in some 80 MB.
    ///
    /// At the bound, and by the shares of networks, as for logins in progress.
    package var approvedTicketsMax = 4_000_000
    /// The most issued codes that can still be redeemed.
    ///
    /// At the bound a new one is refused with `temporarily_unavailable`. By the shares of networks, as for logins in
    /// progress, it is refused when redeemed and expired codes that are remembered for replays fill their table.
    package var authorizationCodesMax = 100_000
    /// The most requests of devices that wait for their user, and decisions that they have not fetched.
    ///
    /// At the bound a new one is refused with `temporarily_unavailable`.
    package var deviceAuthorizationsMax = 50_000
    /// The most live sessions.
    ///
    /// At the bound a new one is refused with `temporarily_unavailable`.
    package var sessionsMax = 5_000_000
    /// The most live sessions of one user and one client.
    ///
    /// At the bound the one that was idle longest ends (CM-11: a user has many devices, but not a hundred of each
    /// kind).
    package var sessionsPerUserAndClientMax = 100
    /// The most agents of one user.
    ///
    /// At the bound a further one is refused; the user can end others.
    package var agentsPerUserMax = 50
    /// The most users, each with one login identity.
    ///
    /// At the bound a first login is refused with `temporarily_unavailable`; known users are not affected.
    package var usersMax = 5_000_000
    /// The most remembered consents.
    ///
    /// At the bound consent is asked for again instead of remembered.
    package var consentsMax = 1_000_000
    /// The most access tokens that were revoked individually and have not expired.
    ///
    /// At the bound the revocation of a client's own token is refused with `temporarily_unavailable`, never answered as
    /// done.
    package var revokedAccessTokensMax = 1_000_000
    /// The most of them that belong to sessions.
    ///
    /// At the bound the whole session is ended instead, which needs no additional entry.
    package var revokedAccessTokensOfSessionsMax = 750_000
    /// The most of them for one session, so that a client that refreshes and revokes in a loop does not fill the table.
    ///
    /// At the bound the session is ended.
    package var revokedAccessTokensPerSessionMax = 64
    /// The most endings of sessions and tokens that receivers of events may still have to learn.
    ///
    /// At the bound the oldest is dropped, and receivers that have not read it refuse every token of its time.
    package var endingsMax = 200_000
    /// The most event streams of one receiver.
    ///
    /// At the bound the one that was unused longest is dropped: its receiver makes another and reads everything again.
    package var eventStreamsPerReceiverMax = 256
    /// The most consumed assertion ids.
    ///
    /// At the bound an assertion is refused with `temporarily_unavailable`, never accepted.
    package var consumedAssertionsMax = 1_000_000
    /// The most of one issuer that the operator configured, a client or an identity provider; at the bound only this
    /// issuer is refused.
    package var consumedAssertionsPerOwnerMax = 250_000
    /// The most of one client that registered itself; at the bound only this client is refused.
    package var consumedAssertionsPerSelfRegisteredMax = 5_000
    /// The most of all clients that registered themselves; at the bound only these are refused.
    package var consumedAssertionsOfSelfRegisteredMax = 500_000
    /// The most connections of one user.
    ///
    /// At the bound a new account is refused with `temporarily_unavailable`.
    package var connectionsPerUserMax = 64
    /// The most registrations of this server at providers; each configured upstream has one.
    ///
    /// At the bound a new one is refused with `temporarily_unavailable`.
    package var upstreamRegistrationsMax = 1000
    /// The most wrong attempts at one code before it becomes invalid (TK-4).
    package var codeFailuresMax = 5

    /// The default bounds.
    package init() {}
}
