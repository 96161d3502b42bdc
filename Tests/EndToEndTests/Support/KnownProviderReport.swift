/// What `known_providers_story.py` prints for one MCP server.
struct KnownProviderReport: Decodable, Sendable {
    struct Call: Decodable, Sendable {
        let upstream_access_token: String
        let account: String
        let refreshed: Bool
        let fields: [String: String]
        /// What the upstream's API says to the token; `nil` where it has none.
        let api: Int?
    }
    struct Failure: Decodable, Sendable, Equatable {
        let type: String
        let message: String
    }

    let before: Call?
    let after: Call?
    let error: Failure?
    let logins: Int
    /// The fields of the provider's answers that came by `form_post`.
    let posted: [[String]]
    let visits: [String]
    /// How many token answers the SDK was given.
    let tokens: Int
}
