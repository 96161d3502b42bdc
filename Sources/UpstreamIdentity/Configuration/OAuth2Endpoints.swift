/// RFC 6749 §3: the endpoints of a provider that supports OAuth 2.0 but not OpenID Connect, and where it names the
/// user.
package struct OAuth2Endpoints: Hashable, Sendable {
    /// The authorization endpoint.
    package var authorization: String
    /// The token endpoint, for codes and refresh tokens.
    package var token: String
    /// The endpoint for refresh tokens, if it is another one.
    package var refresh: String?
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
        refresh: String? = nil,
        revocation: String? = nil,
        issuer: String? = nil,
        identity: IdentitySource
    ) {
        self.authorization = authorization
        self.token = token
        self.refresh = refresh
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
        /// Nowhere: the tokens belong to the user whom another provider has identified.
        case absent
    }
}

/// A userinfo endpoint, how it is asked, and the paths in its answer.
package struct UserInfoMapping: Hashable, Sendable {
    /// The URL that answers with JSON; `{access_token}` is replaced by the token.
    package var endpoint: String
    /// How it is asked.
    package var method = Method.get
    /// Header fields of the request; `{access_token}` in a value is replaced by the token.
    ///
    /// `Authorization` has the bearer token unless it is among them.
    package var fields: [UpstreamParameter] = []
    /// The body of a POST; `{access_token}` is replaced by the token.
    package var body: String?
    /// The paths to the user's properties in the answer.
    package var paths: IdentityPaths

    /// How a userinfo endpoint is asked.
    package enum Method: String, CaseIterable, Hashable, Sendable {
        /// OpenID Connect Core 1.0 §5.3.1.
        case get = "GET"
        /// Dropbox, and GraphQL.
        case post = "POST"
    }

    /// What is replaced by the access token.
    static let tokenMarker = "{access_token}"

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

/// What the operator says of the user's data in place of a preset's; `nil` leaves what the preset says.
package struct UserInfoOverrides: Hashable, Sendable {
    /// The endpoint.
    package var endpoint: String?
    /// How it is asked.
    package var method: UserInfoMapping.Method?
    /// Header fields of the request, in place of the preset's of the same name.
    package var fields: [UpstreamParameter] = []
    /// The body of a POST.
    package var body: String?
    /// The paths to the tenant that the subject is relative to.
    package var tenant: [String]?
    /// The paths to the stable identifier.
    package var subject: [String]?
    /// The paths to the account's name.
    package var accountName: [String]?
    /// The paths to the user's name.
    package var name: [String]?
    /// The paths to the e-mail address.
    package var email: [String]?

    /// Overrides nothing.
    package init() {}

    /// A mapping with these values; `nil` without any endpoint.
    package func applied(to known: UserInfoMapping?) -> UserInfoMapping? {
        guard let endpoint = endpoint ?? known?.endpoint else { return nil }
        var mapping =
            known
            ?? UserInfoMapping(
                endpoint: endpoint,
                subject: subject ?? ["sub"],
                name: name ?? ["name"],
                email: email ?? ["email"]
            )
        mapping.endpoint = endpoint
        mapping.method = method ?? mapping.method
        let names = Set(fields.map { $0.name.lowercased() })
        mapping.fields = mapping.fields.filter { !names.contains($0.name.lowercased()) } + fields
        mapping.body = body ?? mapping.body
        mapping.paths.tenant = tenant ?? mapping.paths.tenant
        mapping.paths.subject = subject ?? mapping.paths.subject
        mapping.paths.accountName = accountName ?? mapping.paths.accountName
        mapping.paths.name = name ?? mapping.paths.name
        mapping.paths.email = email ?? mapping.paths.email
        return mapping
    }
}

/// Endpoints that the operator names to replace a preset's or discovered ones.
package struct UpstreamEndpointOverrides: Hashable, Sendable {
    /// Replaces the authorization endpoint.
    package var authorization: String?
    /// Replaces the token endpoint.
    package var token: String?
    /// Where refresh tokens are redeemed, if not at the token endpoint.
    package var refresh: String?
    /// Replaces the revocation endpoint.
    package var revocation: String?
    /// Replaces the source of the user's identity; only for OAuth 2.0 providers.
    package var userInfo: UserInfoMapping?
    /// Replaces parts of that source.
    package var userInfoParts: UserInfoOverrides?

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
