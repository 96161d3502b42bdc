package import OAuthProtocol

/// When a connection's access token has to be replaced.
extension Connection {
    /// The reason of a connection whose access token a resource server found refused (VR-12).
    package static let reportedInvalid = "reported_invalid"

    /// Whether the access token was reported as refused and was not replaced since.
    package var isReportedInvalid: Bool { status == .expiring && reason == Self.reportedInvalid }

    /// VR-7: a token is refreshed when less than a minute, or a tenth of its life, is left; the tenth is spread from an
    /// eighth to a fifteenth by the connection's id, so that tokens of one moment are not all refreshed in one.
    ///
    /// `nil` when the provider did not say when the token expires.
    package var refreshDueAt: Timestamp? {
        guard let expiry = accessTokenExpiry else { return nil }
        let life = expiry - (refreshedAt ?? obtainedAt)
        let part = 8 + Int(truncatingIfNeeded: id.value.low & 7)
        return expiry - max(.seconds(60), life / part)
    }
}
