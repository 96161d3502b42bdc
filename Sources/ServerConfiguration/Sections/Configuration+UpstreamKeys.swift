import OAuthProtocol
import UpstreamIdentity

extension Configuration.Upstream {
    static let keys = KeySection(
        Self(name: "", clientID: nil),
        schemaRules: ["oneOf": [["required": ["preset"]], ["required": ["type"]]]]
    ) {
        Key(
            "name",
            \.name,
            .text("lower-case letters, digits, inner hyphens", ConfigurationRules.upstreamNameObjection),
            isRequired: true,
            "The name in callback paths and in `audience`."
        )
        Key(
            "former_names",
            \.formerNames,
            .texts("list of names", ConfigurationRules.upstreamNameObjection),
            "The names that the upstream had before; its users and their connections are kept."
        )
        Key(
            "preset",
            \.preset,
            .choice(among: UpstreamPreset.all) { $0.name },
            default: "this or `type`",
            "A provider whose particulars are known."
        )
        Key(
            "type",
            \.preset,
            .choice(among: [.oidc, .oauth2, .mcp, .entered, .chained]) { $0.name },
            default: "this or `preset`",
            """
            The protocol of any other provider; `mcp` for a protected MCP server, `static` for credentials that users \
            enter, `chained` for a foreign authorization server that accepts the assertions of another upstream.
            """
        )
        Key(
            "issuer",
            \.issuer,
            .providerIssuer,
            default: "the preset's; required for \(Self.presetsThatNeedAnIssuer)",
            """
            The issuer, for OpenID Connect: your own site where the preset is a product. For `mcp` the authorization \
            server, in place of the first one that the server names; for `chained` the foreign authorization server.
            """
        )
        protectedServerKeys
        chainedServerKeys
        Key(
            "authorization_endpoint",
            \.endpoints.authorization,
            .endpoint,
            default: "the preset's; required for `oauth2`",
            "Where the browser is sent."
        )
        Key(
            "token_endpoint",
            \.endpoints.token,
            .endpoint,
            default: "the preset's; required for `oauth2`",
            "Where codes and refresh tokens are redeemed."
        )
        Key(
            "refresh_endpoint",
            \.endpoints.refresh,
            .endpoint,
            default: "the token endpoint",
            "Where refresh tokens are redeemed, if that is another URL."
        )
        Key(
            "revocation_endpoint",
            \.endpoints.revocation,
            .revocationEndpoint,
            default: "the preset's",
            "Where tokens are revoked; `{client_id}` is replaced by our client id."
        )
        Key(
            "userinfo",
            \.endpoints.userInfoParts,
            .section(UserInfoOverrides.keys),
            default: "the preset's; required for `oauth2`",
            "Who the user is, asked with the access token."
        )
        Key(
            "client_id",
            \.clientID,
            .clientID,
            default: "required unless `registration` is there, or with `mcp`",
            "Our client id at the provider."
        )
        Key(
            "client_secret",
            \.clientSecret,
            .secrets(),
            default: "required unless the method is `none` or `private_key_jwt`",
            "Our secret at the provider."
        )
        Key(
            "token_endpoint_auth_method",
            \.tokenEndpointAuthMethod,
            .choice,
            default: "the provider's, or `private_key_jwt` with a `private_key`",
            "How we authenticate at the provider."
        )
        Key(
            "private_key",
            \.privateKey,
            .secret(),
            default: "none; required for `private_key_jwt`",
            "The PEM private key that signs our assertions for `private_key_jwt`."
        )
        Key(
            "private_key_algorithm",
            \.privateKeyAlgorithm,
            .choice,
            default: "the key's usual one",
            "How that key signs."
        )
        Key(
            "private_key_id",
            \.privateKeyID,
            .clientID,
            default: "the key's RFC 7638 thumbprint",
            "The `kid` under which the provider knows that key."
        )
        Key(
            "private_key_issuer",
            \.behaviour.assertionIssuer,
            .clientID,
            default: "the client id",
            "The `iss` of what that key signs: for Apple the id of the team."
        )
        Key(
            "registration",
            \.registration,
            .section(Configuration.UpstreamRegistration.keys),
            """
            Registers us at the provider (RFC 7591) once and keeps the result, in place of `client_id`; `{}` is enough \
            with an issuer.
            """
        )
        Key(
            "required_claims",
            \.requiredClaims,
            .claimRequirements,
            """
            What an account's claims must say; other accounts are refused. After a change, sessions of accounts that \
            are not known to meet it end at their next refresh.
            """
        )
        Key(
            "allow",
            \.access,
            .claimRule,
            default: "every account",
            """
            Which accounts are accepted, by their claims and by `email_domain`, the domain of a verified address. What is \
            missing is refused at a login; a refresh of our session ends it only if the claims are there and do not comply. \
            At GitHub `organization` (`acme`) and `team` (`acme/platform`) are looked up at both.
            """
        )
        Key(
            "anyone",
            \.admitsAnyone,
            .flag,
            """
            Confirms that everybody with an account at a public provider may log in; without it and without \
            `required_claims` the start warns.
            """
        )
        Key(
            "revoke_on_logout",
            \.revokesOnLogout,
            .flag,
            "Whether a back-channel logout also revokes the connection's tokens at the provider and erases them."
        )
        Key(
            "revoke_with_last_session",
            \.revokesWithLastSession,
            .flag,
            "Whether a connection is erased, and revoked at the provider, when a client revokes its user's last session."
        )
        Key(
            "global_revocation_token",
            \.globalRevocationToken,
            .secrets(holding: .longCredential),
            """
            The bearer token with which the provider ends everything that one of its users has here (Global Token \
            Revocation); without any, and without `global_revocation_jwt`, there is no such endpoint.
            """
        )
        Key(
            "global_revocation_jwt",
            \.acceptsSignedRevocation,
            .flag,
            """
            Whether the provider may authenticate such a request with a JWT that it signs for our endpoint (`typ: \
            global-token-revocation+jwt`), as Okta's Universal Logout does; only for OpenID Connect.
            """
        )
        Key(
            "scopes",
            \.scopes,
            .texts("list of scopes", ConfigurationRules.scopeObjection),
            default: "the preset's, or `openid`, `profile` and `email` for `oidc`",
            "The scopes to ask for."
        )
        enteredKeys
        behaviourKeys
        Key(
            "discovery_url",
            \.verification.discoveryURL,
            .endpoint,
            default: "the issuer's well-known URLs",
            "The URL of the discovery document, where the issuer does not say where it is."
        )
        Key(
            "issuer_in_tokens",
            \.verification.issuersInTokens,
            .issuers,
            default: "the issuer",
            "What `iss` in tokens may be, where it is not the document's issuer; a loosened check."
        )
        Key(
            "jwks_uri",
            \.verification.keySetURL,
            .endpoint,
            default: "the document's",
            "The URL of the key set."
        )
        Key(
            "callback_method",
            \.verification.callbackMethod,
            .choice,
            default: "the preset's, or `query`",
            "How the provider sends its answer back: in the query, or as a form that the browser posts."
        )
        Key(
            "dead_grant_words",
            \.verification.deadGrantWords,
            .texts("list of texts"),
            """
            How the provider calls a refresh token dead, beside `invalid_grant`: a value of `error`, the status of an \
            answer without one, or two words or more of its sentence.
            """
        )
        Key(
            "id_token_algorithms",
            \.verification.idTokenAlgorithms,
            .algorithms,
            default: "every algorithm of RFC 7518 with a public key, and `EdDSA`",
            "The algorithms that ID tokens and logout tokens may be signed with."
        )
        Key(
            "clock_skew",
            \.verification.clockSkew,
            .duration(.zero ... .seconds(600)),
            default: "`60s`",
            "How far the provider's clock may differ from ours; more than the default is a loosened check."
        )
        Key("optional", \.isOptional, .flag, "Another spelling of `login: optional`.")
        Key(
            "login",
            \.login,
            .choice,
            """
            When a login visits the provider: always; if the user agrees, and it may fail; or never, so that the first \
            retrieval of a token sends the user there.
            """
        )
        Key(
            "additional_authorization_parameters",
            \.additionalAuthorizationParameters,
            .authorizationParameters,
            "Parameters added to the authorization request, except those that the server sets."
        )
        Key(
            "allow_insecure_http",
            \.allowsInsecureHTTP,
            .flag,
            "Whether the provider's URLs may be plain http, for development."
        )
        Key(
            "allow_private_network",
            \.allowsPrivateNetwork,
            .flag,
            "Whether the provider may be at a private or loopback address, such as one in the cluster."
        )
        Key(
            "api",
            \.api,
            .endpoint,
            default: "none; with `mcp` the server's",
            "The URL of the API that its tokens are for: a token exchange may name it as `resource`."
        )
        Key("claims", \.claims, .claimNames, "Which of the provider's claims become claims of our access tokens.")
        Key(
            "background_refresh",
            \.refreshesInBackground,
            .flag,
            "Whether connections in use are refreshed before their tokens are asked for."
        )
    } context: { section, _, context in
        context.allowsInsecureHTTP = section["allow_insecure_http"]?.text == "true"
    } finish: { section, upstream, _ in
        if section["optional"] != nil { section["login"]?.refuse("must not be used together with optional") }
        UpstreamProviderCheck(section: section).check(upstream.preset)
        guard !ProtectedServerCheck(section: section).check(upstream) else { return }
        guard !EnteredCredentialCheck(section: section).check(&upstream) else { return }
        guard !ChainedServerCheck(section: section).check(&upstream) else { return }
        UpstreamCredentialCheck(section: section).check(&upstream)
        OrganizationRuleCheck(section: section).check(upstream)
        UpstreamBehaviourCheck(section: section).check(&upstream)
    }

    private static var presetsThatNeedAnIssuer: String {
        UpstreamPreset.all.filter(\.needsIssuer).map { "`\($0.name)`" }.joined(separator: ", ")
    }
}
