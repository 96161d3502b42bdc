/// RFC 6749 §3: the endpoints of a provider that speaks OAuth 2.0 and not OpenID Connect, and how it names the user.
package struct OAuth2Endpoints: Hashable, Sendable {
    /// Where the browser is sent.
    package var authorization: String
    /// Where codes and refresh tokens are redeemed.
    package var token: String
    /// Where tokens are revoked, if anywhere; `{client_id}` stands for our id there.
    package var revocation: String?
    /// RFC 9207: the `iss` the provider puts into its authorization responses, if it is known.
    package var issuer: String?
    /// Who the user is.
    package var identity: IdentitySource

    /// Makes endpoints.
    package init(
        authorization: String,
        token: String,
        revocation: String? = nil,
        issuer: String? = nil,
        identity: IdentitySource
    ) {
        self.authorization = authorization
        self.token = token
        self.revocation = revocation
        self.issuer = issuer
        self.identity = identity
    }

    /// Where a provider without ID tokens says who logged in.
    ///
    /// One of these must be there: an identity made up of the access token would be another user at every login.
    package enum IdentitySource: Hashable, Sendable {
        /// An endpoint that is asked with the access token.
        case userInfo(UserInfoMapping)
        /// The token answer itself.
        case tokenResponse(IdentityPaths)
    }
}

/// A userinfo endpoint and where in its answer the user stands.
package struct UserInfoMapping: Hashable, Sendable {
    /// The URL that answers a GET with JSON.
    package var endpoint: String
    /// Where the user stands in it.
    package var paths: IdentityPaths

    /// Makes a mapping.
    package init(endpoint: String, paths: IdentityPaths) {
        self.endpoint = endpoint
        self.paths = paths
    }

    /// Makes a mapping of field names, in each list of which the first field present wins.
    package init(endpoint: String, subject: [String] = ["sub"], name: [String] = ["name"], email: [String] = ["email"])
    {
        self.endpoint = endpoint
        paths = IdentityPaths(
            subject: subject,
            accountName: ["preferred_username", "login", "username"] + email,
            name: name,
            email: email
        )
    }
}

/// Endpoints that the operator names in place of a preset's or of discovered ones.
package struct UpstreamEndpointOverrides: Hashable, Sendable {
    /// In place of the authorization endpoint.
    package var authorization: String?
    /// In place of the token endpoint.
    package var token: String?
    /// In place of the revocation endpoint.
    package var revocation: String?
    /// In place of the way to find out who the user is; for providers that speak OAuth 2.0 only.
    package var userInfo: UserInfoMapping?

    /// Overrides nothing unless told.
    package init(
        authorization: String? = nil,
        token: String? = nil,
        revocation: String? = nil,
        userInfo: UserInfoMapping? = nil
    ) {
        self.authorization = authorization
        self.token = token
        self.revocation = revocation
        self.userInfo = userInfo
    }
}
