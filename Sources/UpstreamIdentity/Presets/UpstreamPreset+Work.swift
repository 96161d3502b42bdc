/// Services that teams work with.
extension UpstreamPreset {
    private static func oauth2(
        _ name: String,
        note: String,
        scopes: [String],
        authentication: UpstreamClientAuthentication,
        _ endpoints: OAuth2Endpoints
    ) -> UpstreamPreset {
        var preset = UpstreamPreset(name, .oauth2(endpoints))
        preset.note = note
        preset.hasPublicAccounts = true
        preset.scopes = scopes
        preset.clientAuthentication = authentication
        preset.behaviour.verifiedEmail = .never
        preset.behaviour.loginHintParameter = nil
        return preset
    }

    private static func userInfo(_ endpoint: String, _ paths: IdentityPaths) -> OAuth2Endpoints.IdentitySource {
        .userInfo(UserInfoMapping(endpoint: endpoint, paths: paths))
    }

    /// Asana: OAuth 2.0; the refresh token stays the same.
    package static let asana = oauth2(
        "asana",
        note: "the user is below data; the refresh token stays the same",
        scopes: ["users:read"],
        authentication: .post,
        OAuth2Endpoints(
            authorization: "https://app.asana.com/-/oauth_authorize",
            token: "https://app.asana.com/-/oauth_token",
            revocation: "https://app.asana.com/-/oauth_revoke",
            identity: userInfo(
                "https://app.asana.com/api/1.0/users/me",
                IdentityPaths(
                    subject: ["data.gid"],
                    accountName: ["data.email", "data.name"],
                    name: ["data.name"],
                    email: ["data.email"]
                )
            )
        )
    )

    /// Bitbucket: OAuth 2.0; scopes belong to the registered consumer.
    ///
    /// Since May 2026 refresh tokens rotate, and answers call the granted scopes `scope`, no longer `scopes`.
    package static let bitbucket = oauth2(
        "bitbucket",
        note: "scopes belong to the consumer; refresh tokens rotate, and end after three months without use",
        scopes: ["account"],
        authentication: .basic,
        OAuth2Endpoints(
            authorization: "https://bitbucket.org/site/oauth2/authorize",
            token: "https://bitbucket.org/site/oauth2/access_token",
            identity: userInfo(
                "https://api.bitbucket.org/2.0/user",
                IdentityPaths(
                    subject: ["uuid"],
                    accountName: ["username", "nickname"],
                    name: ["display_name"],
                    email: []
                )
            )
        )
    )

    /// Box: OAuth 2.0; scopes belong to the registered app, and refresh tokens are used once.
    package static let box = oauth2(
        "box",
        note: "scopes belong to the app; refresh tokens are used once and live 60 days",
        scopes: [],
        authentication: .post,
        OAuth2Endpoints(
            authorization: "https://account.box.com/api/oauth2/authorize",
            token: "https://api.box.com/oauth2/token",
            revocation: "https://api.box.com/oauth2/revoke",
            identity: userInfo(
                "https://api.box.com/2.0/users/me",
                IdentityPaths(subject: ["id"], accountName: ["login"], name: ["name"], email: ["login"])
            )
        )
    )

    /// Dropbox: OAuth 2.0; refresh tokens only with `token_access_type=offline`, and the user's data by POST.
    package static let dropbox: UpstreamPreset = {
        var mapping = UserInfoMapping(
            endpoint: "https://api.dropboxapi.com/2/users/get_current_account",
            paths: IdentityPaths(
                subject: ["account_id"],
                accountName: ["email"],
                name: ["name.display_name"],
                email: ["email"]
            )
        )
        mapping.method = .post
        mapping.body = "null"
        var preset = oauth2(
            "dropbox",
            note: "token_access_type=offline for refresh tokens, which stay the same; the user's data by POST",
            scopes: ["account_info.read"],
            authentication: .basic,
            OAuth2Endpoints(
                authorization: "https://www.dropbox.com/oauth2/authorize",
                token: "https://api.dropboxapi.com/oauth2/token",
                identity: .userInfo(mapping)
            )
        )
        preset.parameters = [UpstreamParameter(name: "token_access_type", value: "offline")]
        preset.behaviour.verifiedEmail = .claim("email_verified")
        return preset
    }()

    /// Figma: OAuth 2.0 that refreshes at another URL.
    package static let figma = oauth2(
        "figma",
        note: "refreshes at another URL; the refresh token stays the same; tokens live 90 days",
        scopes: ["current_user:read"],
        authentication: .basic,
        OAuth2Endpoints(
            authorization: "https://www.figma.com/oauth",
            token: "https://api.figma.com/v1/oauth/token",
            refresh: "https://api.figma.com/v1/oauth/refresh",
            identity: userInfo(
                "https://api.figma.com/v1/me",
                IdentityPaths(subject: ["id"], accountName: ["email", "handle"], name: ["handle"], email: ["email"])
            )
        )
    )

    /// HubSpot: OAuth 2.0; the token answer names the user, who is one of a portal (`hub_id`).
    ///
    /// Version 1 of its API, which had the access token in an address, ends on 2027-02-16.
    package static let hubspot = oauth2(
        "hubspot",
        note: "an account is a user of one portal; the token answer names both by numbers, without a name",
        scopes: ["oauth"],
        authentication: .post,
        OAuth2Endpoints(
            authorization: "https://app.hubspot.com/oauth/authorize",
            token: "https://api.hubapi.com/oauth/2026-03/token",
            revocation: "https://api.hubapi.com/oauth/2026-03/token/revoke",
            identity: .tokenResponse(
                IdentityPaths(tenant: ["hub_id"], subject: ["user_id"], accountName: [], name: [], email: [])
            )
        )
    )

    /// Linear: OAuth 2.0 with commas between the scopes of requests, and the user's data by GraphQL.
    package static let linear: UpstreamPreset = {
        var mapping = UserInfoMapping(
            endpoint: "https://api.linear.app/graphql",
            paths: IdentityPaths(
                subject: ["data.viewer.id"],
                accountName: ["data.viewer.email", "data.viewer.name"],
                name: ["data.viewer.name"],
                email: ["data.viewer.email"]
            )
        )
        mapping.method = .post
        mapping.body = #"{"query":"{ viewer { id name email } }"}"#
        var preset = oauth2(
            "linear",
            note: "commas between scopes in requests; the user's data by GraphQL; refresh tokens rotate",
            scopes: ["read"],
            authentication: .post,
            OAuth2Endpoints(
                authorization: "https://linear.app/oauth/authorize",
                token: "https://api.linear.app/oauth/token",
                revocation: "https://api.linear.app/oauth/revoke",
                identity: .userInfo(mapping)
            )
        )
        preset.behaviour.scopeSeparator = ","
        return preset
    }()

    /// Notion: OAuth 2.0 with JSON at the token endpoint and capabilities in place of scopes; the token answer names
    /// the user.
    package static let notion: UpstreamPreset = {
        var preset = oauth2(
            "notion",
            note: "JSON at the token endpoint; capabilities in place of scopes; the token answer names the user",
            scopes: [],
            authentication: .basic,
            OAuth2Endpoints(
                authorization: "https://api.notion.com/v1/oauth/authorize",
                token: "https://api.notion.com/v1/oauth/token",
                revocation: "https://api.notion.com/v1/oauth/revoke",
                identity: .tokenResponse(
                    IdentityPaths(
                        subject: ["owner.user.id"],
                        accountName: ["workspace_name", "owner.user.name"],
                        name: ["owner.user.name"],
                        email: ["owner.user.person.email"]
                    )
                )
            )
        )
        preset.parameters = [UpstreamParameter(name: "owner", value: "user")]
        preset.behaviour.tokenRequestFormat = .json
        preset.behaviour.scopeSemantics = .permissions
        preset.behaviour.extras = ["workspace_id", "bot_id"]
        return preset
    }()

    /// Salesforce: OpenID Connect; its API is at the `instance_url` of the token answer, which has no lifetime.
    ///
    /// A refresh brings a new refresh token only if the connected app rotates them.
    package static let salesforce: UpstreamPreset = {
        var preset = UpstreamPreset("salesforce", .openID(issuer: "https://login.salesforce.com"))
        preset.note =
            "no expires_in; the API is at instance_url; refresh_token is a scope; a domain of your own is the issuer"
        preset.hasPublicAccounts = true
        preset.scopes = ["openid", "profile", "email", "api", "refresh_token"]
        preset.clientAuthentication = .post
        preset.behaviour.extras = ["instance_url"]
        preset.behaviour.scopeDialect.unreported = ["refresh_token", "openid", "profile", "email"]
        return preset
    }()

    /// Zoom: OAuth 2.0; refresh tokens are used once.
    package static let zoom = oauth2(
        "zoom",
        note: "scopes belong to the app; refresh tokens rotate",
        scopes: ["user:read:user"],
        authentication: .basic,
        OAuth2Endpoints(
            authorization: "https://zoom.us/oauth/authorize",
            token: "https://zoom.us/oauth/token",
            revocation: "https://zoom.us/oauth/revoke",
            identity: userInfo(
                "https://api.zoom.us/v2/users/me",
                IdentityPaths(
                    subject: ["id"],
                    accountName: ["email"],
                    name: ["display_name", "first_name"],
                    email: ["email"]
                )
            )
        )
    )
}
