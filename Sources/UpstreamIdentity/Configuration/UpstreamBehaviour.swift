package import OpenSSLCrypto

/// How a provider differs from the specifications, as data: a preset is a row of these, and no code tests its name.
package struct UpstreamBehaviour: Hashable, Sendable {
    /// What the scopes of the provider's answers mean.
    package var scopeSemantics = ScopeSemantics.granted
    /// The parameter that carries the scopes; Slack has another one for a user's scopes.
    package var scopeParameter = "scope"
    /// Scopes in further parameters, by the parameter's name: Slack's scopes of a bot beside those of its user.
    package var additionalScopes: [UpstreamScopeParameter] = []
    /// The separator of scopes in the request (RFC 6749 §3.3: a space).
    package var scopeSeparator = " "
    /// A separator of scopes in the answer, besides spaces and those that ``GrantedScopes`` recognizes.
    package var grantedScopeSeparator = " "
    /// How the names of granted scopes differ from those of the request.
    package var scopeDialect = ScopeDialect()
    /// The parameter of the login hint (OpenID Connect Core 1.0 §3.1.2.1); `nil` sends none.
    package var loginHintParameter: String? = "login_hint"
    /// The paths to the tokens in the answer to a code.
    package var tokenLayout = TokenResponseLayout()
    /// The paths to the tokens in the answer to a refresh token.
    package var refreshLayout = TokenResponseLayout()
    /// The paths to the tokens in an answer in which ``tokenLayout`` finds none.
    package var otherTokenLayout: TokenResponseLayout?
    /// Values of `token_type`, in lower case, that mean a bearer token here; the usual ones are always accepted.
    package var bearerTokenTypes: Set<String> = []
    /// How requests with tokens are written.
    package var tokenRequestFormat = TokenRequestFormat.form
    /// How id and secret are written for HTTP Basic.
    package var basicEncoding = BasicEncoding.form
    /// RFC 7636: whether the code is bound to a secret of ours.
    package var proofKey = ProofKeyUse.s256
    /// OpenID Connect Core 1.0 §3.1.2.1: whether the ID token is bound to the browser's login.
    package var nonce = NonceUse.required
    /// Fields beside the token that the provider's API needs, by their paths in the token answer, in the user's data
    /// or in the callback: Salesforce's `instance_url`.
    package var extras: [String] = []
    /// Whether a refresh names the scopes: Entra needs it, others refuse it (VR-13).
    package var sendsScopesOnRefresh = false
    /// Words by which the provider says that a refresh token is dead, in addition to `invalid_grant`: a value of
    /// `error`, the status of an answer without one, or at least two words of its sentence.
    package var deadGrantWords: Set<String> = []
    /// The URL of the discovery document, where it is not at the issuer's usual place.
    package var discoveryURL: String?
    /// What `iss` in tokens may be, where it is not the document's issuer; empty for that one and ``issuerAliases``.
    package var issuersInTokens: [String] = []
    /// The URL of the key set, in place of the document's.
    package var keySetURL: String?
    /// How the provider's answer comes back.
    package var callbackMethod = CallbackMethod.query
    /// The algorithms that ID tokens and logout tokens may be signed with; `nil` for every one that a public key
    /// verifies.
    package var idTokenAlgorithms: Set<SignatureAlgorithm>?
    /// The accepted difference between the provider's clock and ours, in seconds; `nil` for 60.
    package var clockSkewSeconds: Int?
    /// The paths to the user's properties in the claims of the ID token.
    package var claimPaths = IdentityPaths()
    /// The paths to the subject where the scope `profile` is not requested, if they are others: Entra then sends no
    /// `oid`.
    package var subjectWithoutProfile: [String]?
    /// Which e-mail address counts as verified.
    package var verifiedEmail = VerifiedEmailRule.claim("email_verified")
    /// For a provider with one issuer per tenant: the segment of the issuer that names the tenant.
    package var issuerTenant: IssuerTenant?
    /// Further accepted values of `iss`; Google's tokens may omit the scheme.
    package var issuerAliases: [String] = []
    /// RFC 7523 §3: the `aud` of our assertion.
    package var assertionAudience = AssertionAudience.issuer
    /// What the assertion that our key signs is sent as.
    package var assertionUse = AssertionUse.clientAssertion
    /// The `iss` of that assertion; `nil` for our client id (RFC 7523 §3).
    package var assertionIssuer: String?
    /// How tokens are revoked.
    package var revocation = RevocationStyle.standard
    /// When OpenID Connect's userinfo endpoint is asked in addition to the ID token.
    package var userInfoUse = UserInfoUse.whenNameIsMissing
    /// Header fields of requests for the user's data.
    package var userInfoFields: [UpstreamParameter] = []
    /// Whether accounts belong to GitHub's organisations and teams, beside the API's userinfo endpoint.
    package var hasOrganizations = false

    /// The behaviour that the specifications describe.
    package init() {}

    /// Which e-mail address counts as verified (UP-2, D-63); an unverified one is never stored.
    package enum VerifiedEmailRule: Hashable, Sendable {
        /// A claim with the value `true`, in one of the spellings that providers use.
        case claim(String)
        /// None, because the provider does not tell.
        case never
        /// A list below the userinfo endpoint at this path, of which the primary verified address counts: GitHub.
        case listOfAddresses(path: String)
    }

    /// The `aud` of our client assertion.
    package enum AssertionAudience: Hashable, Sendable {
        /// The issuer, as the revision of RFC 7523 requires, because an endpoint may be another provider's (D-41).
        case issuer
        /// The token endpoint, as OpenID Connect Core 1.0 §9 suggests and Okta and Entra require.
        case tokenEndpoint
    }

    /// What the assertion that our key signs is sent as.
    package enum AssertionUse: Hashable, Sendable {
        /// RFC 7523 §2.2: `client_assertion`.
        case clientAssertion
        /// `client_secret`: Apple, whose secrets are assertions of the developer's team.
        case clientSecret
    }

    /// How tokens are revoked.
    package enum RevocationStyle: Hashable, Sendable {
        /// RFC 7009: a POST to the revocation endpoint.
        case standard
        /// `DELETE` with the access token as JSON and our credentials by HTTP Basic: GitHub.
        case deleteWithJSON
        /// `POST` with the token itself as bearer: Slack.
        case bearer
    }

    /// When the userinfo endpoint is asked in addition to the ID token.
    package enum UserInfoUse: Hashable, Sendable {
        /// Never.
        case never
        /// When the ID token has no name for the user; a failure is then only logged.
        case whenNameIsMissing
        /// Always, because claims that decide over the login are only there; a failure then fails the login.
        case always
    }
}

/// For a provider with one issuer per tenant: the path segment of the issuer that names the tenant.
///
/// Entra's document for several tenants has the issuer `https://login.microsoftonline.com/{tenantid}/v2.0`. Each token
/// has the issuer of its own tenant, which must be the one that its `tid` names (UP-2, D-64).
package struct IssuerTenant: Hashable, Sendable {
    /// The text that represents the tenant in the document.
    package var marker: String
    /// The claim that names the tenant.
    package var claim: String
    /// Segments of a configured issuer that mean several tenants.
    package var severalTenants: Set<String>

    /// Makes a rule.
    package init(marker: String, claim: String, severalTenants: Set<String>) {
        self.marker = marker
        self.claim = claim
        self.severalTenants = severalTenants
    }
}
