import OAuthClientKit
import OAuthProtocol
import OAuthState

/// Whether something that a client was given is still good, as far as the answers so far say.
enum Standing {
    case live
    /// A request about it was not answered, or something happened after which the server may end it.
    case doubtful
    case ended
}

/// One access token, as its client knows it.
struct KnownToken {
    let token: String
    let expiry: Timestamp
    var standing = Standing.live
}

/// What is known of a session from the answers about it.
struct KnownSession {
    let id: SessionID
    let subject: String
    let user: String
    let client: Int
    /// The code that it came from, and the server's life in which that was redeemed: codes do not outlive it.
    let code: String
    let life: Int
    /// The refresh tokens that came in answers, oldest first; the last one is current.
    var refreshTokens: [String]
    var accessTokens: [KnownToken]
    var standing = Standing.live
    /// Since when a refresh is not answered: the server may be one generation ahead.
    var openSince: Timestamp?
    /// The earliest and the latest moment at which the current refresh token can have become current.
    var rotation: (earliest: Timestamp, latest: Timestamp)
    var lastUse: Timestamp
    var repeatCount = 0
    var revokedTokenCount = 0

    /// Nothing that this session was given counts from now on.
    mutating func end() { standing = .ended }

    /// It may have ended.
    mutating func doubt() { if standing == .live { standing = .doubtful } }
}

/// What is known of a user.
struct KnownUser {
    /// The user's `sub`, once a token has named it.
    var subject: String?
    /// Whether the operator has blocked the user; `nil` when that request was not answered.
    var isBlocked: Bool? = false
    /// The user's account at the provider.
    var connection: Standing = .ended
    /// Whether a refresh token of the provider may have been lost through no fault of the server.
    var isExcused = false
}

/// A registered client.
struct KnownClient {
    let client: OAuthTestClient
    let registeredAt: Timestamp
    var isUsed = false
}
