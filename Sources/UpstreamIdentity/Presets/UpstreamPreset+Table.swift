extension UpstreamPreset {
    /// Every preset, the generic ones first.
    package static let all: [UpstreamPreset] = [
        oidc, oauth2, github, githubApp, google, atlassian, entra, okta, gitlab, slack, slackBot, auth0, keycloak,
        apple, asana, authentik, bitbucket, box, cognito, discord, dropbox, figma, hubspot, huggingFace, linear,
        linkedIn,
        notion, salesforce, spotify, x, zitadel, zoom,
    ]

    /// Any OpenID Connect provider.
    package static let oidc: UpstreamPreset = {
        var preset = UpstreamPreset("oidc", .openID(issuer: nil))
        preset.note = "any OpenID Connect provider"
        preset.scopes = ["openid", "profile", "email"]
        return preset
    }()

    /// Any OAuth 2.0 provider.
    package static let oauth2: UpstreamPreset = {
        var preset = UpstreamPreset("oauth2", .oauth2(nil))
        preset.note = "any OAuth 2.0 provider; its endpoints and its source of the identity are named"
        preset.clientAuthentication = .basic
        preset.behaviour.verifiedEmail = .claim("email_verified")
        preset.behaviour.loginHintParameter = nil
        return preset
    }()

    /// GitHub: OAuth 2.0, errors with status 200, scopes separated by commas, numeric ids; tokens of OAuth Apps never
    /// expire.
    package static let github: UpstreamPreset = {
        let identity = IdentityPaths(
            subject: ["id"],
            accountName: ["login"],
            name: ["name", "login"],
            email: []
        )
        var preset = UpstreamPreset(
            "github",
            .oauth2(
                OAuth2Endpoints(
                    authorization: "https://github.com/login/oauth/authorize",
                    token: "https://github.com/login/oauth/access_token",
                    revocation: "https://api.github.com/applications/{client_id}/token",
                    identity: .userInfo(UserInfoMapping(endpoint: "https://api.github.com/user", paths: identity))
                )
            )
        )
        preset.note = "errors have status 200, commas separate scopes, tokens of OAuth Apps never expire"
        preset.hasPublicAccounts = true
        preset.scopes = ["read:user", "user:email"]
        preset.clientAuthentication = .post
        preset.behaviour.grantedScopeSeparator = ","
        preset.behaviour.scopeDialect.implied = [
            "repo": ["public_repo", "repo:status", "repo_deployment", "repo:invite", "security_events"],
            "user": ["read:user", "user:email", "user:follow"],
            "admin:org": ["write:org", "read:org"],
            "write:org": ["read:org"],
            "write:packages": ["read:packages"],
            "project": ["read:project"],
        ]
        preset.behaviour.loginHintParameter = "login"
        // The address of the public profile may be any text that the user entered.
        preset.behaviour.verifiedEmail = .listOfAddresses(path: "/emails")
        preset.behaviour.revocation = .deleteWithJSON
        preset.behaviour.hasOrganizations = true
        preset.behaviour.userInfoFields = [
            UpstreamParameter(name: "Accept", value: "application/vnd.github+json"),
            UpstreamParameter(name: "X-GitHub-Api-Version", value: "2022-11-28"),
        ]
        return preset
    }()

    /// A GitHub App: its permissions take the place of scopes, and its tokens expire.
    ///
    /// The answers' `scope` is always empty, so no scope is requested or demanded.
    package static let githubApp: UpstreamPreset = {
        var preset = UpstreamPreset("github-app", github.kind)
        preset.note = "permissions in place of scopes; tokens expire"
        preset.hasPublicAccounts = github.hasPublicAccounts
        preset.clientAuthentication = github.clientAuthentication
        preset.behaviour = github.behaviour
        preset.behaviour.scopeSemantics = .permissions
        preset.behaviour.scopeDialect.implied = [:]
        return preset
    }()

    /// Google: OpenID Connect.
    ///
    /// A refresh token is issued only with `access_type=offline`, and after the first time only with `prompt=consent`;
    /// `offline_access` is refused as an unknown scope (UP-5).
    package static let google: UpstreamPreset = {
        var preset = UpstreamPreset("google", .openID(issuer: "https://accounts.google.com"))
        preset.note = "a refresh token only with access_type=offline, and after the first time only with prompt=consent"
        preset.hasPublicAccounts = true
        preset.scopes = ["openid", "profile", "email"]
        preset.parameters = [
            UpstreamParameter(name: "access_type", value: "offline"),
            UpstreamParameter(name: "prompt", value: "consent"),
        ]
        preset.behaviour.issuerAliases = ["accounts.google.com"]
        preset.behaviour.scopeDialect.aliases = [
            "https://www.googleapis.com/auth/userinfo.email": "email",
            "https://www.googleapis.com/auth/userinfo.profile": "profile",
        ]
        preset.behaviour.claimPaths.accountName = ["email"]
        return preset
    }()

    /// Atlassian: OAuth 2.0 with an `audience`, refresh tokens that rotate at every use, and no information on verified
    /// addresses.
    package static let atlassian: UpstreamPreset = {
        let identity = IdentityPaths(
            subject: ["account_id"],
            accountName: ["email", "nickname"],
            name: ["name", "nickname"],
            email: ["email"]
        )
        var preset = UpstreamPreset(
            "atlassian",
            .oauth2(
                OAuth2Endpoints(
                    authorization: "https://auth.atlassian.com/authorize",
                    token: "https://auth.atlassian.com/oauth/token",
                    identity: .userInfo(UserInfoMapping(endpoint: "https://api.atlassian.com/me", paths: identity))
                )
            )
        )
        preset.note = "an audience in the request; refresh tokens rotate; a dead one is answered unauthorized_client"
        preset.hasPublicAccounts = true
        preset.scopes = ["read:me", "offline_access"]
        preset.parameters = [
            UpstreamParameter(name: "audience", value: "api.atlassian.com"),
            UpstreamParameter(name: "prompt", value: "consent"),
        ]
        preset.clientAuthentication = .post
        // It answers 403 with `unauthorized_client`, which would be about our client.
        preset.behaviour.deadGrantWords = ["refresh_token is invalid"]
        preset.behaviour.loginHintParameter = nil
        preset.behaviour.verifiedEmail = .never
        return preset
    }()

    /// Microsoft Entra ID: OpenID Connect with an issuer per tenant.
    ///
    /// `sub` differs for each application, so the account is `oid` within `tid` (JB-8). Administrators can set any
    /// address: only `xms_edov` vouches for its domain.
    package static let entra: UpstreamPreset = {
        var preset = UpstreamPreset("entra", .openID(issuer: nil))
        preset.note = "an account is oid within tid; scopes in a refresh; only xms_edov vouches for an address"
        preset.scopes = ["openid", "profile", "email", "offline_access"]
        preset.clientAuthentication = .post
        preset.behaviour.issuerTenant = IssuerTenant(
            marker: "{tenantid}",
            claim: "tid",
            severalTenants: ["common", "organizations"]
        )
        preset.behaviour.claimPaths = IdentityPaths(
            tenant: ["tid"],
            subject: ["oid"],
            accountName: ["preferred_username", "upn", "email"]
        )
        preset.behaviour.subjectWithoutProfile = ["oid", "sub"]
        preset.behaviour.verifiedEmail = .claim("xms_edov")
        preset.behaviour.sendsScopesOnRefresh = true
        preset.behaviour.scopeDialect.unreported = ["offline_access", "openid", "profile", "email"]
        preset.behaviour.scopeDialect.ignoresResource = true
        preset.behaviour.assertionAudience = .tokenEndpoint
        // Its userinfo endpoint is another service with another `sub`, and adds nothing to the ID token.
        preset.behaviour.userInfoUse = .never
        return preset
    }()

    /// Okta: OpenID Connect, one issuer per organization or authorization server; ID tokens with few claims.
    package static let okta: UpstreamPreset = {
        var preset = UpstreamPreset("okta", .openID(issuer: nil))
        preset.note = "ID tokens with few claims, so userinfo is asked; assertions are for the token endpoint"
        preset.scopes = ["openid", "profile", "email", "offline_access"]
        preset.behaviour.assertionAudience = .tokenEndpoint
        return preset
    }()

    /// GitLab: OpenID Connect; refresh tokens are always issued and rotate.
    ///
    /// A self-hosted site is named by its issuer.
    package static let gitlab: UpstreamPreset = {
        var preset = UpstreamPreset("gitlab", .openID(issuer: "https://gitlab.com"))
        preset.note = "refresh tokens are always issued and rotate"
        preset.hasPublicAccounts = true
        preset.scopes = ["openid", "profile", "email"]
        preset.behaviour.claimPaths.accountName = ["nickname", "preferred_username", "email"]
        return preset
    }()

    // A user id is relative to its workspace or, if installed organization-wide, its enterprise.
    private static func slackEndpoints(revocation: String?) -> OAuth2Endpoints {
        OAuth2Endpoints(
            authorization: "https://slack.com/oauth/v2/authorize",
            token: "https://slack.com/api/oauth.v2.access",
            revocation: revocation,
            identity: .tokenResponse(
                IdentityPaths(
                    tenant: ["team.id", "enterprise.id", "team_id"],
                    subject: ["authed_user.id", "user_id"],
                    accountName: ["team.name", "enterprise.name", "team_name"],
                    name: [],
                    email: []
                )
            )
        )
    }

    /// Slack: OAuth 2.0 in which the user's token is nested beside the bot's, and errors have status 200.
    ///
    /// The endpoint for users alone, `oauth.v2.user.access`, has the token outside and the scopes inside.
    package static let slack: UpstreamPreset = {
        var preset = UpstreamPreset(
            "slack",
            .oauth2(slackEndpoints(revocation: "https://slack.com/api/auth.revoke"))
        )
        preset.note = "the token of the user is nested beside the one of the bot; errors have status 200"
        preset.scopes = ["users:read"]
        preset.clientAuthentication = .post
        preset.behaviour.scopeParameter = "user_scope"
        preset.behaviour.scopeSeparator = ","
        preset.behaviour.grantedScopeSeparator = ","
        preset.behaviour.loginHintParameter = nil
        preset.behaviour.tokenLayout = TokenResponseLayout(below: "authed_user.")
        var flat = TokenResponseLayout()
        flat.scope = ["authed_user.scope", "scope"]
        // The bot's token must not be taken for the user's.
        flat.foreignTokenTypes = ["bot", "app"]
        preset.behaviour.otherTokenLayout = flat
        // A refreshed user token is not nested.
        preset.behaviour.refreshLayout = preset.behaviour.tokenLayout
        preset.behaviour.verifiedEmail = .never
        preset.behaviour.revocation = .bearer
        return preset
    }()

    /// Slack, as the app's bot: its scopes and its token, kept as those of the user who installed it.
    ///
    /// The bot's token is the whole workspace's, so ending one user's connection does not revoke it.
    package static let slackBot: UpstreamPreset = {
        var preset = UpstreamPreset("slack-bot", .oauth2(slackEndpoints(revocation: nil)))
        preset.note = "the app's bot: its token is the whole workspace's and is never revoked for one user"
        preset.scopes = ["users:read"]
        preset.clientAuthentication = slack.clientAuthentication
        preset.behaviour.scopeSeparator = ","
        preset.behaviour.grantedScopeSeparator = ","
        preset.behaviour.loginHintParameter = nil
        preset.behaviour.verifiedEmail = .never
        return preset
    }()

    /// Auth0: OpenID Connect, an issuer per tenant that ends in a slash.
    package static let auth0: UpstreamPreset = {
        var preset = UpstreamPreset("auth0", .openID(issuer: nil))
        preset.note = "the issuer ends in a slash"
        preset.scopes = ["openid", "profile", "email", "offline_access"]
        preset.behaviour.claimPaths.accountName = ["email", "nickname"]
        return preset
    }()

    /// Keycloak: OpenID Connect, an issuer per realm.
    ///
    /// Refresh tokens live as long as the user's session there; `offline_access` would outlive it, so the operator must
    /// add it.
    package static let keycloak: UpstreamPreset = {
        var preset = UpstreamPreset("keycloak", .openID(issuer: nil))
        preset.note = "refresh tokens live as long as the user's session there"
        preset.scopes = ["openid", "profile", "email"]
        return preset
    }()
}
