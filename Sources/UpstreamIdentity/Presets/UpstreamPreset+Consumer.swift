/// Providers at which everybody can get an account.
extension UpstreamPreset {
    private static func userInfo(_ endpoint: String, _ paths: IdentityPaths) -> OAuth2Endpoints.IdentitySource {
        .userInfo(UserInfoMapping(endpoint: endpoint, paths: paths))
    }

    /// Apple: OpenID Connect without a userinfo endpoint.
    ///
    /// With scopes, the answer comes as a form that the browser posts, which has the user's name at the first login
    /// only. The client secret is a JWT that our key signs, issued by the team.
    package static let apple: UpstreamPreset = {
        var preset = UpstreamPreset("apple", .openID(issuer: "https://appleid.apple.com"))
        preset.note = "answers by form_post; the client secret is a JWT of private_key and private_key_issuer (team)"
        preset.hasPublicAccounts = true
        preset.scopes = ["openid", "name", "email"]
        preset.behaviour.callbackMethod = .formPost
        preset.behaviour.assertionUse = .clientSecret
        preset.behaviour.loginHintParameter = nil
        preset.behaviour.claimPaths.accountName = ["email"]
        preset.behaviour.userInfoUse = .never
        return preset
    }()

    /// Discord: OAuth 2.0; refresh tokens rotate, access tokens live a week.
    package static let discord: UpstreamPreset = {
        var preset = UpstreamPreset(
            "discord",
            .oauth2(
                OAuth2Endpoints(
                    authorization: "https://discord.com/oauth2/authorize",
                    token: "https://discord.com/api/oauth2/token",
                    revocation: "https://discord.com/api/oauth2/token/revoke",
                    identity: userInfo(
                        "https://discord.com/api/users/@me",
                        IdentityPaths(
                            subject: ["id"],
                            accountName: ["username"],
                            name: ["global_name", "username"],
                            email: ["email"]
                        )
                    )
                )
            )
        )
        preset.note = "the claim verified vouches for the address; refresh tokens rotate"
        preset.hasPublicAccounts = true
        preset.scopes = ["identify", "email"]
        preset.clientAuthentication = .basic
        preset.behaviour.verifiedEmail = .claim("verified")
        preset.behaviour.loginHintParameter = nil
        return preset
    }()

    /// Hugging Face: OpenID Connect; its documentation describes no refresh tokens.
    ///
    /// One that is issued is used.
    package static let huggingFace: UpstreamPreset = {
        var preset = UpstreamPreset("huggingface", .openID(issuer: "https://huggingface.co"))
        preset.note = "no refresh tokens are described, and offline_access is not among its scopes"
        preset.hasPublicAccounts = true
        preset.scopes = ["openid", "profile", "email"]
        return preset
    }()

    /// LinkedIn: OpenID Connect without nonce, and with PKCE for native apps only; credentials go in the form.
    ///
    /// Its document and its tokens have named two issuers.
    package static let linkedIn: UpstreamPreset = {
        var preset = UpstreamPreset("linkedin", .openID(issuer: "https://www.linkedin.com/oauth"))
        preset.note = "no nonce and no PKCE, so our client must authenticate; credentials in the form only"
        preset.hasPublicAccounts = true
        preset.scopes = ["openid", "profile", "email"]
        preset.clientAuthentication = .post
        preset.behaviour.nonce = .off
        preset.behaviour.proofKey = .off
        preset.behaviour.issuerAliases = ["https://www.linkedin.com"]
        preset.behaviour.loginHintParameter = nil
        preset.behaviour.claimPaths.accountName = ["email"]
        return preset
    }()

    /// Spotify: OAuth 2.0; the address is whatever the user entered.
    ///
    /// Since March 2026 an app in development mode gets no address, so that the account is named by its id.
    package static let spotify: UpstreamPreset = {
        var preset = UpstreamPreset(
            "spotify",
            .oauth2(
                OAuth2Endpoints(
                    authorization: "https://accounts.spotify.com/authorize",
                    token: "https://accounts.spotify.com/api/token",
                    identity: userInfo(
                        "https://api.spotify.com/v1/me",
                        IdentityPaths(
                            subject: ["id"],
                            accountName: ["email", "id"],
                            name: ["display_name"],
                            email: ["email"]
                        )
                    )
                )
            )
        )
        preset.note = "no revocation; addresses are unverified, or absent; a refresh may keep the refresh token"
        preset.hasPublicAccounts = true
        preset.scopes = ["user-read-email"]
        preset.clientAuthentication = .basic
        preset.behaviour.verifiedEmail = .never
        preset.behaviour.loginHintParameter = nil
        return preset
    }()

    /// X: OAuth 2.0 with PKCE; refresh tokens only with `offline.access`, used once.
    ///
    /// A dead refresh token is answered `invalid_request`, which would be about our request.
    package static let x: UpstreamPreset = {
        var preset = UpstreamPreset(
            "x",
            .oauth2(
                OAuth2Endpoints(
                    authorization: "https://x.com/i/oauth2/authorize",
                    token: "https://api.x.com/2/oauth2/token",
                    revocation: "https://api.x.com/2/oauth2/revoke",
                    identity: userInfo(
                        "https://api.x.com/2/users/me",
                        IdentityPaths(
                            subject: ["data.id"],
                            accountName: ["data.username"],
                            name: ["data.name"],
                            email: []
                        )
                    )
                )
            )
        )
        preset.note = "offline.access for refresh tokens, which rotate; a dead one is answered invalid_request"
        preset.hasPublicAccounts = true
        preset.scopes = ["users.read", "tweet.read", "offline.access"]
        preset.clientAuthentication = .basic
        preset.behaviour.deadGrantWords = ["value passed for the token was invalid"]
        preset.behaviour.verifiedEmail = .never
        preset.behaviour.loginHintParameter = nil
        return preset
    }()
}
