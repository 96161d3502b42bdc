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
            "preset",
            \.preset,
            .choice(among: UpstreamPreset.all) { $0.name },
            default: "this or `type`",
            "A provider whose particulars are known."
        )
        Key(
            "type",
            \.preset,
            .choice(among: [.oidc, .oauth2]) { $0.name },
            default: "this or `preset`",
            "The protocol of any other provider."
        )
        Key(
            "issuer",
            \.issuer,
            .providerIssuer,
            default: "the preset's; required for \(Self.presetsThatNeedAnIssuer)",
            "The issuer, for OpenID Connect: your own site where the preset is a product."
        )
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
            "revocation_endpoint",
            \.endpoints.revocation,
            .endpoint,
            default: "the preset's",
            "Where tokens are revoked."
        )
        Key(
            "userinfo",
            \.endpoints.userInfo,
            .section(UserInfoMapping.keys),
            default: "the preset's; required for `oauth2`",
            "Who the user is, asked with the access token."
        )
        Key(
            "client_id",
            \.clientID,
            .clientID,
            default: "required unless `registration` is there",
            "Our client id at the provider."
        )
        Key(
            "client_secret",
            \.clientSecret,
            .secret(),
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
            "What an account's claims must say; other accounts are refused."
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
            "scopes",
            \.scopes,
            .texts("list of scopes", ConfigurationRules.scopeObjection),
            default: "the preset's",
            "The scopes to ask for."
        )
        Key("optional", \.isOptional, .flag, "Whether a login continues when this provider fails.")
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
        UpstreamProviderCheck(section: section).check(upstream.preset)
        UpstreamCredentialCheck(section: section).check(&upstream)
    }

    private static var presetsThatNeedAnIssuer: String {
        UpstreamPreset.all.filter(\.needsIssuer).map { "`\($0.name)`" }.joined(separator: ", ")
    }
}

extension UserInfoMapping {
    static let keys = KeySection(Self(endpoint: "")) {
        Key("endpoint", \.endpoint, .endpoint, isRequired: true, "The URL that answers a GET with JSON.")
        Key(
            "subject",
            \.paths.subject,
            .texts("list of fields", atLeastOne: "field"),
            "The fields of the stable identifier; the first present wins, and numbers are kept exact."
        )
        Key(
            "name",
            \.paths.name,
            .texts("list of fields", atLeastOne: "field"),
            "The fields of the user's name; the first present wins."
        )
        Key(
            "email",
            \.paths.email,
            .texts("list of fields", atLeastOne: "field"),
            "The fields of the e-mail address; the first present wins."
        )
    } finish: { _, mapping, _ in
        let paths = mapping.paths
        mapping = Self(endpoint: mapping.endpoint, subject: paths.subject, name: paths.name, email: paths.email)
    }
}
