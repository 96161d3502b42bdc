/// RFC 6749 §3: the endpoints of a provider that supports OAuth 2.0 but not OpenID Connect, and where it names the
/// user.
package struct OAuth2Endpoints: Hashable, Sendable {
    /// The authorization endpoint.
    package var authorization: String
    /// The token endpoint, for codes and refresh tokens.
    package var token: String
    /// The revocation endpoint, if there is one; `{client_id}` is replaced by our client id.
    package var revocation: String?
    /// RFC 9207: the `iss` of the provider's authorization responses, if it is known.
    package var issuer: String?
    /// Where the user's identity comes from.
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

    /// Where a provider without ID tokens tells who logged in.
    ///
    /// One of these is required: an identity derived from the access token would be another user at every login.
    package enum IdentitySource: Hashable, Sendable {
        /// An endpoint that is asked with the access token.
        case userInfo(UserInfoMapping)
        /// The token answer itself.
        case tokenResponse(IdentityPaths)
    }
}

/// A userinfo endpoint and the paths in its answer.
package struct UserInfoMapping: Hashable, Sendable {
    /// The URL that answers a GET with JSON.
    package var endpoint: String
    /// The paths to the user's properties in the answer.
    package var paths: IdentityPaths

    /// Makes a mapping.
    package init(endpoint: String, paths: IdentityPaths) {
        self.endpoint = endpoint
        self.paths = paths
    }

    /// Makes a mapping of field names; in each list the first field present is used.
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

/// Endpoints that the operator names to replace a preset's or discovered ones.
package struct UpstreamEndpointOverrides: Hashable, Sendable {
    /// Replaces the authorization endpoint.
    package var authorization: String?
    /// Replaces the token endpoint.
    package var token: String?
    /// Replaces the revocation endpoint.
    package var revocation: String?
    /// Replaces the source of the user's identity; only for OAuth 2.0 providers.
    package var userInfo: UserInfoMapping?

    /// Overrides nothing by default.
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
