/// What `mcp_client.py` prints: one MCP client's whole story.
struct ClientReport: Decodable, Sendable {
    struct Call: Decodable, Sendable {
        struct User: Decodable, Sendable, Equatable {
            let sub: String
            let name: String
            let email: String
        }
        struct Exchange: Decodable, Sendable {
            let members: [String]
            let token_type: String?
            let issued_token_type: String?
            let cache_control: String?
        }
        /// The upstream's userinfo, as the resource server fetched it with the upstream token.
        let user: User
        /// `sub` of Gatehouse's access token.
        let subject: String
        let exchange: Exchange
        let upstream_access_token: String
    }
    struct Tokens: Decodable, Sendable {
        let access_token: String
        let token_type: String
        let expires_in: Int?
        let scope: String?
        let refresh_token: String?
    }
    struct Client: Decodable, Sendable {
        let client_id: String
        let token_endpoint_auth_method: String?
        let redirect_uris: [String]
    }
    struct Failure: Decodable, Sendable, Equatable {
        let type: String
        let message: String
    }

    /// The SDK's version.
    let sdk: String
    let tools: [String]?
    let before: Call?
    let after: Call?
    let error: Failure?
    /// The authorization URLs that the user was sent to.
    let authorizations: [String]
    /// The parameters of the last redirect back to the client.
    let redirect: [String: String]
    /// Every page the browser asked for: method and URL without its query.
    let visits: [String]
    let consent_page: String
    /// Each token set that the SDK stored, oldest first.
    let tokens: [Tokens]
    let client: Client?
}
