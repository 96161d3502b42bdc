/// What `upstream_story.py` prints: one user's upstream tokens from login to disconnection.
struct UpstreamStory: Decodable, Sendable {
    struct Tokens: Decodable, Sendable {
        let access_token: String
        let refresh_token: String
        let id_token: String?
        let scope: String
    }
    struct Account: Decodable, Sendable, Equatable {
        let sub: String
    }
    struct UserInfo: Decodable, Sendable, Equatable {
        let status: Int
        let sub: String?
    }
    struct Retrieval: Decodable, Sendable {
        let access_token: String
        let token_type: String
        let expires_in: Int?
        let upstream: String
        let account: Account
        let refreshed: Bool
        /// Never there.
        let refresh_token: String?
        /// What the upstream says to the token.
        let userinfo: UserInfo
    }
    struct Refusal: Decodable, Sendable {
        let status: Int
        let error: String?
        let reason: String?
        let connect_uri: String?
        let access_token: String?
    }
    struct Connection: Decodable, Sendable {
        let id: String
        let upstream: String
        let account: Account
        let status: String
    }
    struct Ending: Decodable, Sendable {
        let erased: Bool
        let provider: String
    }

    /// Gatehouse's answers at the token endpoint, oldest first.
    let tokens: [Tokens]
    let retrievals: [Retrieval]
    /// How many refresh tokens the user revoked at the provider, where the story does that.
    let revoked_upstream: Int?
    let after_revocation: Refusal?
    let connections: [Connection]
    let ended: Ending
    let after_end: Refusal
    /// What the upstream says, after the disconnection, to the token that was retrieved last.
    let userinfo_after_end: UserInfo

    /// Everything that must not be in a log.
    var secrets: [String] {
        tokens.flatMap { [$0.access_token, $0.refresh_token] + [$0.id_token].compactMap(\.self) }
            + retrievals.map(\.access_token)
    }
}
