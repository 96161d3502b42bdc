import AuthorizationServerTesting

/// What one player knows of a session from the answers that it got.
struct SessionFacts: Sendable {
    enum Standing: Sendable {
        case live
        /// A request that revokes it was sent, and its answer did not come.
        case doubtful
        case revoked
    }

    let client: OAuthTestClient
    let user: String
    /// The code that it came from, which has been used.
    let code: String
    /// In which life of the server the code was redeemed: codes do not outlive it.
    let life: Int
    /// The refresh tokens that came in answers, oldest first; the last one is current.
    var refreshTokens: [String]
    var accessToken: String
    /// A refresh was sent and not answered: the server may be one generation ahead.
    var isRefreshOpen = false
    var standing = Standing.live
    /// An exchange was sent and not answered: the provider may have rotated a refresh token that never arrived.
    var isUpstreamOpen = false
}
