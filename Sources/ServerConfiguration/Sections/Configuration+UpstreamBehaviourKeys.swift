import OAuthProtocol
import UpstreamIdentity

extension Configuration.Upstream {
    /// The keys for how a provider differs from the specifications; a preset has its own values of them.
    static var behaviourKeys: [Key<Configuration.Upstream>] { scopeKeys + requestKeys + answerKeys }

    @KeyListBuilder<Configuration.Upstream> private static var scopeKeys: [Key<Configuration.Upstream>] {
        Key(
            "scope_semantics",
            \.behaviour.scopeSemantics,
            .choice,
            default: "the preset's, or `granted`",
            "What scopes in answers mean: what the user granted, or nothing, where permissions take their place."
        )
        Key(
            "scope_separator",
            \.behaviour.scopeSeparator,
            .choice,
            default: "the preset's, or a space",
            "What separates scopes in requests."
        )
        Key(
            "scope_parameter",
            \.behaviour.scopeParameter,
            .choice(among: ["scope", "user_scope"]) { $0 },
            default: "the preset's, or `scope`",
            "The parameter that carries `scopes`."
        )
        Key(
            "additional_scopes",
            \.behaviour.additionalScopes,
            .scopeParameters,
            "Scopes in a further parameter, such as a bot's beside its user's; they are never demanded."
        )
        Key(
            "unreported_scopes",
            \.behaviour.unreportedScopes,
            .texts("list of scopes", ConfigurationRules.scopeObjection),
            default: "the preset's, and `offline_access`",
            "Scopes that the provider grants and never names in an answer; they count as granted."
        )
        Key(
            "send_scopes_on_refresh",
            \.behaviour.sendsScopesOnRefresh,
            .flag,
            default: "the preset's, or `false`",
            "Whether a refresh names the granted scopes, and the requested ones that are never reported."
        )
    }

    @KeyListBuilder<Configuration.Upstream> private static var requestKeys: [Key<Configuration.Upstream>] {
        Key(
            "token_request_format",
            \.behaviour.tokenRequestFormat,
            .choice,
            default: "`form`",
            "How requests to the token and revocation endpoints are written."
        )
        Key(
            "basic_encoding",
            \.behaviour.basicEncoding,
            .choice,
            default: "`form`",
            "How client id and secret are written for HTTP Basic: form-encoded (RFC 6749 §2.3.1), or as they are."
        )
        Key(
            "pkce",
            \.behaviour.proofKey,
            .choice,
            default: "`S256`",
            "Whether PKCE protects the code; `off` requires a client that authenticates, and is warned about."
        )
        Key(
            "nonce",
            \.behaviour.nonce,
            .choice,
            default: "`required`",
            "Whether ID tokens must have our nonce; `off` is warned about."
        )
    }

    @KeyListBuilder<Configuration.Upstream> private static var answerKeys: [Key<Configuration.Upstream>] {
        Key(
            "token_types",
            \.behaviour.tokenTypes,
            .texts("list of words", ConfigurationRules.tokenTypeObjection),
            default: "the spellings of bearer tokens",
            "Further values of `token_type` that mean a bearer token; warned about."
        )
        Key(
            "token_response",
            \.behaviour.tokenResponse,
            .section(TokenResponseOverrides.keys),
            default: "the preset's, or RFC 6749's",
            "Where the parts of a token answer are."
        )
        Key(
            "extras",
            \.behaviour.extras,
            .texts("list of fields", ConfigurationRules.extraObjection),
            "Fields of the token answer, the user's data or the callback that retrieval returns as `upstream_fields`."
        )
        Key(
            "identity",
            \.behaviour.identity,
            .choice,
            default: "`provided`",
            "Whether the provider tells who the user is; with `none` its tokens belong to the user of an earlier leg."
        )
        Key(
            "identity_from_token",
            \.behaviour.identityFromToken,
            .section(IdentityPaths.keys),
            default: "the preset's",
            "Where the token answer tells who the user is, in place of `userinfo`."
        )
    }
}

extension TokenResponseOverrides {
    static let keys = KeySection(Self()) {
        Key(
            "access_token",
            \.accessToken,
            .paths,
            default: "`[access_token]`",
            "The access token; the other parts are looked for beside it."
        )
        Key("token_type", \.tokenType, .paths, default: "`[token_type]`", "Its type.")
        Key("expires_in", \.expiresIn, .paths, default: "`[expires_in]`", "Its lifetime in seconds.")
        Key(
            "expires_at",
            \.expiresAt,
            .paths,
            default: "`[expires_at]` and its spellings",
            "When it expires: seconds or milliseconds since 1970, or a date."
        )
        Key("refresh_token", \.refreshToken, .paths, default: "`[refresh_token]`", "The refresh token.")
        Key(
            "refresh_token_expires_in",
            \.refreshExpiresIn,
            .paths,
            default: "`[refresh_token_expires_in]` and its spellings",
            "The lifetime of the refresh token in seconds."
        )
        Key("scope", \.scope, .paths, default: "`[scope]`", "The granted scopes.")
        Key("id_token", \.idToken, .paths, default: "`[id_token]`", "The ID token.")
    }
}

extension IdentityPaths {
    static let keys = KeySection(Self()) {
        Key(
            "tenant",
            \.tenant,
            .paths,
            default: "none",
            "The fields of the tenant that the identifier is relative to; without one the login fails."
        )
        Key(
            "subject",
            \.subject,
            .paths,
            isRequired: true,
            "The fields of the stable identifier; the first present wins, and numbers are kept exact."
        )
        Key(
            "account_name",
            \.accountName,
            .paths,
            "The fields of the account's name for its user; the first present wins."
        )
        Key("name", \.name, .paths, "The fields of the user's name; the first present wins.")
        Key("email", \.email, .paths, "The fields of the e-mail address; the first present wins.")
    }
}

extension UserInfoOverrides {
    static let keys = KeySection(Self()) {
        Key(
            "endpoint",
            \.endpoint,
            .text("URL") {
                ConfigurationRules.userInfoObjection($0, allowsInsecureHTTP: $1.allowsInsecureHTTP)
            },
            default: "the preset's; required for `oauth2`",
            "The URL that answers with JSON; `{access_token}` in its path or query is replaced by the token."
        )
        Key("method", \.method, .choice, default: "the preset's, or `GET`", "How it is asked.")
        Key(
            "headers",
            \.fields,
            .headerFields,
            "Header fields of the request; `{access_token}` in a value is replaced by the token."
        )
        Key(
            "body",
            \.body,
            .text(),
            "The body of a `POST`, such as a GraphQL query as JSON; `{access_token}` is replaced by the token."
        )
        Key(
            "tenant",
            \.tenant,
            .paths,
            default: "the preset's, or none",
            "The fields of the tenant that the identifier is relative to; without one the login fails."
        )
        Key(
            "subject",
            \.subject,
            .paths,
            default: "the preset's, or `[sub]`",
            "The fields of the stable identifier; the first present wins, and numbers are kept exact."
        )
        Key(
            "account_name",
            \.accountName,
            .paths,
            default: "the preset's, or the usual names and those of `email`",
            "The fields of the account's name for its user; the first present wins."
        )
        Key(
            "name",
            \.name,
            .paths,
            default: "the preset's, or `[name]`",
            "The fields of the user's name; the first present wins."
        )
        Key(
            "email",
            \.email,
            .paths,
            default: "the preset's, or `[email]`",
            "The fields of the e-mail address; the first present wins."
        )
    }
}
