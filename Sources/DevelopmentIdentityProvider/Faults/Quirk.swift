extension DevelopmentIdentityProvider {
    /// A way in which public providers differ from the specifications, all the time and not for one request.
    ///
    /// Each was met at a provider that is named beside it. A client that works with all of them works with those.
    package enum Quirk: String, Sendable, Hashable, CaseIterable {
        // MARK: Scopes

        /// Answers have an empty `scope`, whatever was granted: GitHub Apps.
        case emptyScope = "empty-scope"
        /// Answers never name `offline_access`, and a refresh without it brings no new refresh token: Entra.
        case hidesOfflineAccess = "hides-offline-access"
        /// Scopes in requests must be separated by commas: Linear.
        case commasInRequests = "commas-in-requests"
        /// Scopes in answers are separated by commas: LinkedIn.
        case commasInAnswers = "commas-in-answers"
        /// Scopes in answers are a JSON array: Twitch.
        case scopeArray = "scope-array"

        // MARK: Answers of the authorization endpoint

        /// Requests with scopes need `response_mode=form_post`, and the user's name is in the first such answer: Apple.
        case postsAnswers = "posts-answers"
        /// Callbacks have `session_state`, and token answers have `session_state`, `refresh_expires_in` and
        /// `not-before-policy`: Keycloak.
        case furtherMembers = "further-members"

        // MARK: Token requests

        /// The token endpoint takes JSON alone: Notion.
        case jsonTokenRequests = "json-token-requests"
        /// The credentials of HTTP Basic are compared without decoding them.
        case rawBasicCredentials = "raw-basic-credentials"
        /// Refresh tokens are redeemed at an endpoint of their own: Figma.
        case separateRefreshEndpoint = "separate-refresh-endpoint"
        /// Requests with PKCE are refused: LinkedIn, and some apps at Slack.
        case refusesProofKey = "refuses-pkce"

        // MARK: Token answers

        /// ID tokens have no nonce: LinkedIn.
        case omitsNonce = "omits-nonce"
        /// `token_type` is `bot`: Slack.
        case botTokenType = "bot-token-type"
        /// The tokens are inside a member `data`.
        case nestedTokens = "nested-tokens"
        /// The user's tokens are inside `authed_user` beside the bot's at a login and outside at a refresh, and every
        /// answer has `ok`: Slack.
        case userBesideBot = "user-beside-bot"
        /// Answers are forms with the type `text/plain`: Facebook's first version.
        case plainTextForms = "plain-text-forms"
        /// `expires_in` is a text: Entra's first version.
        case expiryAsText = "expiry-as-text"
        /// `expires_in` is a number with a fraction.
        case expiryAsFraction = "expiry-as-fraction"
        /// `expires_in` is 0 for tokens that do not expire: Mailchimp.
        case expiryZero = "expiry-zero"
        /// Only `expires_at` in seconds: Strava's webhooks, Authlib.
        case expiryAtSeconds = "expires-at-seconds"
        /// Only `expires_at` in milliseconds.
        case expiryAtMilliseconds = "expires-at-milliseconds"
        /// Only `expires_at` as a date: Square.
        case expiryAtDate = "expires-at-date"
        /// The API needs `instance_url` and `workspace_id` of the token answer, `realmId` of the callback, and
        /// `cloud_id` of the user's data: Salesforce, Notion, QuickBooks, Atlassian.
        case apiFields = "api-fields"

        // MARK: Who the user is

        /// The user's data is asked for by POST: Dropbox.
        case userInfoByPost = "userinfo-by-post"
        /// The user's data is the answer to a GraphQL query: Linear.
        case userInfoByGraphQL = "userinfo-by-graphql"
        /// The user's data is the element of an array.
        case userInfoAsArray = "userinfo-as-array"
        /// The user's data is asked for with the token in the query, without a header: HubSpot had it in the path.
        case userInfoByQuery = "userinfo-by-query"
        /// The token answer tells who the user is, and nothing else does: Notion.
        case identityInTokenAnswer = "identity-in-token-answer"
    }
}
