import DevelopmentIdentityProvider
import ServerConfiguration
import UpstreamIdentity

extension TestServer {
    /// A way in which public identity providers differ from the specifications, and for which the server has a key.
    ///
    /// A test of what an MCP server does with such tokens needs no account at such a provider.
    public enum UpstreamQuirk: String, Sendable, Hashable, CaseIterable {
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
        /// Answers to logins are forms that the browser posts, and the first one has the user's name: Apple.
        case postsAnswers = "posts-answers"
        /// Callbacks and token answers have members that no specification knows: Keycloak.
        case furtherMembers = "further-members"
        /// The token endpoint takes JSON alone: Notion.
        case jsonTokenRequests = "json-token-requests"
        /// Requests with PKCE are refused: LinkedIn.
        case refusesProofKey = "refuses-pkce"
        /// ID tokens have no nonce: LinkedIn.
        case omitsNonce = "omits-nonce"
        /// `token_type` is `bot`: Slack.
        case botTokenType = "bot-token-type"
        /// The tokens are inside a member `data`.
        case nestedTokens = "nested-tokens"
        /// Answers are forms with the type `text/plain`.
        case plainTextForms = "plain-text-forms"
        /// `expires_in` is a text.
        case expiryAsText = "expiry-as-text"
        /// `expires_in` is a number with a fraction.
        case expiryAsFraction = "expiry-as-fraction"
        /// Only `expires_at` in seconds.
        case expiryAtSeconds = "expires-at-seconds"
        /// Only `expires_at` in milliseconds.
        case expiryAtMilliseconds = "expires-at-milliseconds"
        /// Only `expires_at` as a date.
        case expiryAtDate = "expires-at-date"
        /// The API needs `instance_url` of the token answer and `realmId` of the callback, which retrieval returns.
        case apiFields = "api-fields"

        /// The provider's part.
        var behaviour: DevelopmentIdentityProvider.Quirk {
            switch self {
            case .emptyScope: .emptyScope
            case .hidesOfflineAccess: .hidesOfflineAccess
            case .commasInRequests: .commasInRequests
            case .commasInAnswers: .commasInAnswers
            case .scopeArray: .scopeArray
            case .postsAnswers: .postsAnswers
            case .furtherMembers: .furtherMembers
            case .jsonTokenRequests: .jsonTokenRequests
            case .refusesProofKey: .refusesProofKey
            case .omitsNonce: .omitsNonce
            case .botTokenType: .botTokenType
            case .nestedTokens: .nestedTokens
            case .plainTextForms: .plainTextForms
            case .expiryAsText: .expiryAsText
            case .expiryAsFraction: .expiryAsFraction
            case .expiryAtSeconds: .expiryAtSeconds
            case .expiryAtMilliseconds: .expiryAtMilliseconds
            case .expiryAtDate: .expiryAtDate
            case .apiFields: .apiFields
            }
        }

        /// The server's part: the key that an operator would set; most quirks need none.
        func configure(_ upstream: inout Configuration.Upstream) {
            switch self {
            case .emptyScope: upstream.behaviour.scopeSemantics = .permissions
            case .hidesOfflineAccess: upstream.behaviour.sendsScopesOnRefresh = true
            case .commasInRequests: upstream.behaviour.scopeSeparator = .comma
            case .postsAnswers: upstream.verification.callbackMethod = .formPost
            case .jsonTokenRequests: upstream.behaviour.tokenRequestFormat = .json
            case .refusesProofKey: upstream.behaviour.proofKey = .off
            case .omitsNonce: upstream.behaviour.nonce = .off
            case .nestedTokens:
                var response = TokenResponseOverrides()
                response.accessToken = ["data.access_token"]
                upstream.behaviour.tokenResponse = response
            case .apiFields: upstream.behaviour.extras = ["instance_url", "realmId"]
            case .commasInAnswers, .furtherMembers, .scopeArray, .botTokenType, .plainTextForms, .expiryAsText,
                .expiryAsFraction,
                .expiryAtSeconds, .expiryAtMilliseconds, .expiryAtDate:
                break
            }
        }
    }
}
