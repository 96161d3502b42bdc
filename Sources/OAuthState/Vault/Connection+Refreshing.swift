package import OAuthProtocol

/// When a connection's access token must be replaced.
extension Connection {
    /// The reason of a connection whose access token a resource server reported as refused (VR-12).
    package static let reportedInvalid = "reported_invalid"

    /// Whether the access token was reported as refused and has not been replaced since.
    package var isReportedInvalid: Bool { status == .expiring && reason == Self.reportedInvalid }

    /// VR-7: a token is refreshed when less than a minute, or a tenth of its lifetime, remains.
    ///
    /// The tenth varies from an eighth to a fifteenth by the connection's id, so that tokens issued together are not
    /// all refreshed together.
    ///
    /// `nil` when the provider did not state when the token expires.
    package var refreshDueAt: Timestamp? {
        guard let expiry = accessTokenExpiry else { return nil }
        let life = expiry - (refreshedAt ?? obtainedAt)
        let part = 8 + Int(truncatingIfNeeded: id.value.low & 7)
        return expiry - max(.seconds(60), life / part)
    }
}
