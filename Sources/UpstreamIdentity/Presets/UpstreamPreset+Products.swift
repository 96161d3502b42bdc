/// Identity products, whose site the operator names by its issuer.
extension UpstreamPreset {
    /// authentik: OpenID Connect, an issuer per application that ends in a slash.
    ///
    /// Its provider must have a signing key, because it otherwise signs ID tokens with the client secret, and must have
    /// the scope mapping `offline_access`, because it otherwise issues no refresh tokens.
    package static let authentik: UpstreamPreset = {
        var preset = UpstreamPreset("authentik", .openID(issuer: nil))
        preset.note = "the issuer is /application/o/NAME/ with its last slash; addresses count as unverified by default"
        preset.scopes = ["openid", "profile", "email", "offline_access"]
        return preset
    }()

    /// Amazon Cognito: OpenID Connect, an issuer per user pool, whose endpoints are at another domain.
    ///
    /// `offline_access` is refused as an unknown scope. A refresh token comes with every code; a refresh brings a new
    /// one only if the app client rotates them.
    package static let cognito: UpstreamPreset = {
        var preset = UpstreamPreset("cognito", .openID(issuer: nil))
        preset.note = "the issuer is the user pool; no offline_access; email_verified is a text"
        preset.scopes = ["openid", "profile", "email"]
        preset.behaviour.loginHintParameter = "login_hint"
        preset.behaviour.claimPaths.accountName = ["cognito:username", "username", "email"]
        preset.behaviour.scopeDialect.unreported = ["openid", "profile", "email"]
        return preset
    }()

    /// ZITADEL: OpenID Connect, one issuer per instance; refresh tokens rotate.
    package static let zitadel: UpstreamPreset = {
        var preset = UpstreamPreset("zitadel", .openID(issuer: nil))
        preset.note = "refresh tokens rotate; roles are claims named urn:zitadel:iam:org:project:roles"
        preset.scopes = ["openid", "profile", "email", "offline_access"]
        return preset
    }()
}
