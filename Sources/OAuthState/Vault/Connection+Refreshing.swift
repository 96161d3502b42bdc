package import OAuthProtocol

/// When a connection's access token must be replaced.
extension Connection {
    /// The reason of a connection whose access token a resource server reported as refused (VR-12).
    package static let reportedInvalid = "reported_invalid"

    /// Whether the access token was reported as refused and has not been replaced since.
    package var isReportedInvalid: Bool { status == .expiring && reason == Self.reportedInvalid }

    /// The reason of a connection whose refresh token the provider called dead.
    package static let grantRefused = "invalid_grant"
    /// The reason of a connection whose refresh token the provider refused again and again, in words of its own, while
    /// it served other connections.
    package static let refusedRepeatedly = "refused_repeatedly"

    /// Whether the provider has called the refresh token dead for this reason, so that it must never be sent again.
    package static func meansDeadRefreshToken(_ status: Status, reason: String?) -> Bool {
        status == .reauthorizationRequired && (reason == grantRefused || reason == refusedRepeatedly)
    }

    /// Whether a login that brings no refresh token keeps the one that is stored.
    ///
    /// Not that of a connection which the provider has ended, or whose tokens are another account's: a login would
    /// otherwise make a dead token look alive.
    var hasLiveRefreshToken: Bool { status != .reauthorizationRequired && status != .revoked }

    /// VR-7: a token is refreshed at a retrieval when less than a minute, or less than a tenth of its lifetime if that
    /// is shorter, remains.
    ///
    /// The tenth keeps a token that lives for a minute from being refreshed at every retrieval.
    ///
    /// `nil` when the provider did not state when the token expires.
    package var refreshDueAt: Timestamp? {
        guard let expiry = accessTokenExpiry else { return nil }
        return expiry - min(.seconds(60), lifetime(until: expiry) / 10)
    }

    /// When the token is refreshed without a retrieval, where that is configured: when less than a minute, or a tenth
    /// of its lifetime, remains.
    ///
    /// The tenth varies from an eighth to a fifteenth by the connection's id, so that tokens issued together are not
    /// all refreshed together.
    package var backgroundRefreshDueAt: Timestamp? {
        guard let expiry = accessTokenExpiry else { return nil }
        let part = 8 + Int(truncatingIfNeeded: id.value.low & 7)
        return expiry - max(.seconds(60), lifetime(until: expiry) / part)
    }

    private func lifetime(until expiry: Timestamp) -> Duration { max(.zero, expiry - (refreshedAt ?? obtainedAt)) }

    /// Whether the access token was refreshed less than a second ago, and is not known to be refused.
    ///
    /// Refreshing it again brings nothing: the provider gives its tokens so little time.
    package func wasJustRefreshed(now: Timestamp) -> Bool {
        guard let refreshedAt, refreshedAt <= now, !isReportedInvalid else { return false }
        return now - refreshedAt < .seconds(1)
    }
}

extension Connection {
    /// The reason of a connection whose entered credential works and ends soon.
    package static let expiresSoon = "expires_soon"
}
