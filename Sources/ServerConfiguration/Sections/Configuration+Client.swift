package import OAuthProtocol

extension Configuration {
    /// A pre-registered client.
    package struct Client: Hashable, Sendable {
        /// The client id.
        package var clientID: String

        /// The name that the consent page shows.
        package var name: String?

        /// The redirect URIs, compared byte for byte.
        package var redirectURIs: [String] = []

        /// How the client authenticates at the token endpoint.
        package var tokenEndpointAuthMethod = TokenEndpointAuthenticationMethod.none

        /// The client's secret, if its method uses one.
        package var clientSecret: SecretReference?

        /// Whether the secret may be short enough to be guessed.
        package var allowsShortSecret = false

        /// The client's public keys as the text of a JWK Set, for `private_key_jwt`.
        package var jwks: String?

        /// Where the client publishes its keys, for `private_key_jwt`.
        package var jwksURI: String?

        /// Whether its assertions may name the token endpoint as their audience.
        package var allowsTokenEndpointAudience = false

        /// The grants that the client may use.
        package var grantTypes = [GrantType.authorizationCode, .refreshToken]

        /// The scopes that the client may have; `nil` for all.
        package var scopes: ScopeSet?

        /// Whether `consent: trusted` spares this client's users the page.
        package var isTrusted = false

        /// Whether it must push its authorization requests (RFC 9126).
        package var mustPushRequests = false

        /// Whether it gets no tokens without a DPoP proof (RFC 9449 §5.2).
        package var requiresProof = false

        /// Whether it may exchange its users' access tokens for ones at other resources (RFC 8693).
        package var isDelegate = false

        /// The resources that it may get such tokens for.
        package var delegationTargets: [String] = []

        /// Which users may log in with it, by the claims of the provider that identifies them; `nil` for every one.
        package var access: ClaimRule?

        /// What it gets for a shorter time than other clients.
        package var lifetimes = Lifetimes()

        /// Makes a public client of the authorization code grant.
        package init(clientID: String) {
            self.clientID = clientID
        }
    }
}

extension Configuration.Client {
    static let keys = KeySection(Self(clientID: "")) {
        Key("client_id", \.clientID, .clientID, isRequired: true, "The client id.")
        Key("client_name", \.name, .text(), default: "the client id", "The name that the consent page shows.")
        Key(
            "redirect_uris",
            \.redirectURIs,
            .texts("list of URIs", schema: .url, Self.isRedirect),
            default: "none; required for `authorization_code`",
            "The redirect URIs, compared byte for byte."
        )
        Key(
            "token_endpoint_auth_method",
            \.tokenEndpointAuthMethod,
            .choice,
            default: "by the client's credentials",
            "How the client authenticates at the token endpoint."
        )
        Key(
            credential: "client_secret",
            \.clientSecret,
            unless: \.allowsShortSecret,
            "The client's secret, required for `client_secret_basic` and `client_secret_post`."
        )
        Key.shortSecret(\.allowsShortSecret)
        Key("jwks", \.jwks, .keySet, "The client's public keys, for `private_key_jwt`.")
        Key("jwks_uri", \.jwksURI, .endpoint, "Where the client publishes its keys, for `private_key_jwt`.")
        Key(
            "allow_token_endpoint_audience",
            \.allowsTokenEndpointAudience,
            .flag,
            "Whether `aud` of the client's assertions may be the token endpoint."
        )
        Key(
            "grant_types",
            \.grantTypes,
            .list(
                of: .choice(among: GrantType.configurable) { $0.rawValue },
                "list of " + GrantType.configurable.map { "`\($0.rawValue)`" }.joined(separator: ", "),
                atLeastOne: "grant"
            ),
            "The grants that the client may use."
        )
        Key(
            "scopes",
            \.scopes,
            .scopes("list of scopes", Configuration.Resource.isGranted),
            default: "no limit",
            "Some of the server's `scopes`: those that the client may have."
        )
        Key(
            "allow",
            \.access,
            .claimRule,
            default: "every user",
            "Which users may log in with it, by the claims of the provider that identifies them, and `email_domain`."
        )
        Key("trusted", \.isTrusted, .flag, "Whether `consent: trusted` spares this client's users the page.")
        Key(
            "require_pushed_authorization_requests",
            \.mustPushRequests,
            .flag,
            "Whether the client must push its authorization requests (RFC 9126)."
        )
        Key(
            "dpop_bound_access_tokens",
            \.requiresProof,
            .flag,
            "Whether the client gets no tokens without a DPoP proof (RFC 9449)."
        )
        Key(
            "delegate",
            \.isDelegate,
            .flag,
            "Whether the client may exchange its users' access tokens for ones at other resources (RFC 8693)."
        )
        Key(
            "delegates_to",
            \.delegationTargets,
            .texts("list of resources", schema: .url, Configuration.Resource.isRegisteredOrFleet),
            default: "none; required for `delegate`",
            "The resources or fleets that it may get such tokens for."
        )
        Key(
            "access_token_lifetime",
            \.lifetimes.accessToken,
            .duration(.minutes(1) ... .hours(24)),
            default: "`tokens.access_token_lifetime`, which it must not exceed",
            "The lifetime of the client's access tokens."
        )
        Key(
            "refresh_token_lifetime",
            \.lifetimes.refreshToken,
            .duration(.minutes(1) ... .days(30)),
            default: "`tokens.refresh_token_lifetime`, which it must not exceed",
            "How long a refresh token of the client lives unused."
        )
        Key(
            "session_lifetime",
            \.lifetimes.session,
            .duration(.minutes(1) ... .days(365)),
            default: "`tokens.session_lifetime`, which it must not exceed",
            "How long a session of the client lives."
        )
    } finish: { section, client, context in
        if section["token_endpoint_auth_method"] == nil { client.tokenEndpointAuthMethod = method(section) }
        client.checkCredentials(section)
        client.checkGrants(section)
        client.checkDelegation(section)
        client.checkLifetimes(section, context.configuration.tokens)
    }

    private static func isRedirect(_ text: String, _ context: DecodingContext) -> String? {
        ConfigurationRules.redirectObjection(text, policy: context.configuration.registration.redirectURIPolicy)
    }

    /// Without a configured method, a client with a secret or keys uses them, and one without is public.
    private static func method(_ section: ConfigurationCursor) -> TokenEndpointAuthenticationMethod {
        if section["client_secret"] != nil { return .clientSecretBasic }
        return section["jwks"] != nil || section["jwks_uri"] != nil ? .privateKeyJWT : .none
    }

    /// Credentials and method must agree: a secret that is never checked looks like protection.
    private func checkCredentials(_ section: ConfigurationCursor) {
        switch tokenEndpointAuthMethod {
        case .clientSecretBasic, .clientSecretPost:
            section.require("client_secret", or: "\(tokenEndpointAuthMethod.rawValue) needs it")
        case .privateKeyJWT:
            if section["jwks"] == nil { section.require("jwks_uri", or: "private_key_jwt needs jwks or jwks_uri") }
            if section["jwks"] != nil { section["jwks_uri"]?.refuse("must not be used together with jwks") }
        case .none: break
        }
        if !tokenEndpointAuthMethod.usesSecret {
            section["client_secret"]?.refuse("contradicts token_endpoint_auth_method")
        }
        guard tokenEndpointAuthMethod != .privateKeyJWT else { return }
        for key in ["jwks", "jwks_uri", "allow_token_endpoint_audience"] {
            section[key]?.refuse("is only for token_endpoint_auth_method: private_key_jwt")
        }
    }

    // RFC 8693 §2.1: without credentials, anyone could be the acting party.
    private func checkDelegation(_ section: ConfigurationCursor) {
        guard isDelegate else {
            section["delegates_to"]?.refuse("needs delegate: true")
            return
        }
        if tokenEndpointAuthMethod == .none { section["delegate"]?.refuse("needs a client that authenticates") }
        section.require("delegates_to", or: "delegate: true needs the resources that tokens may be for")
    }

    private func checkGrants(_ section: ConfigurationCursor) {
        if grantTypes.contains(.authorizationCode) {
            let isListed = section["redirect_uris"].map { $0.elements()?.isEmpty == false } ?? false
            if !isListed { section.reportMissing("redirect_uris", "the authorization_code grant needs at least one") }
        }
        // RFC 6749 §4.4: the client credentials grant is for confidential clients only.
        if grantTypes.contains(.clientCredentials), tokenEndpointAuthMethod == .none {
            section["grant_types"]?.refuse(
                "the client_credentials grant needs a client that authenticates; method none does not"
            )
        }
    }
}
