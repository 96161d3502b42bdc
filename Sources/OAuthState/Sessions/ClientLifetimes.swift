package import OAuthProtocol

/// How long what one client gets lives, where the operator wants less than for all clients.
package struct ClientLifetimes: Hashable, Sendable {
    /// Of an access token.
    package var accessToken: Duration?
    /// Of a refresh token that is not used.
    package var refreshToken: Duration?
    /// Of a session, used or not.
    package var session: Duration?

    /// The lifetimes that differ from the server's.
    package init(accessToken: Duration? = nil, refreshToken: Duration? = nil, session: Duration? = nil) {
        self.accessToken = accessToken
        self.refreshToken = refreshToken
        self.session = session
    }
}

extension SessionPolicy {
    /// How long an access token of a client lives.
    package func accessTokenLifetime(of clientID: String) -> Duration {
        lifetimes(of: clientID)?.accessToken ?? accessTokenLifetime
    }

    /// How long an unused refresh token of a client is valid.
    package func refreshTokenLifetime(of clientID: String) -> Duration {
        lifetimes(of: clientID)?.refreshToken ?? refreshTokenLifetime
    }

    /// How long a session of a client lives, used or not.
    package func sessionLifetime(of clientID: String) -> Duration {
        lifetimes(of: clientID)?.session ?? sessionLifetime
    }

    /// When a session began: its longest lifetime before its end; an agent's lifetime is its own, and its beginning is
    /// stored.
    package func beginning(of session: Session) -> Timestamp {
        session.agent?.createdAt ?? session.absoluteExpiry - sessionLifetime(of: session.clientID)
    }

    private func lifetimes(of clientID: String) -> ClientLifetimes? {
        // Most servers have none: no hash for each refresh.
        clientLifetimes.isEmpty ? nil : clientLifetimes[clientID]
    }
}
