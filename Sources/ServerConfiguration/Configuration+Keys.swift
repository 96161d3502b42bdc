import OAuthProtocol

extension Configuration {
    /// Every key that there is: a name that is not here is refused.
    static let keys = KeySection(Configuration(issuer: .standIn, listen: [])) {
        Key(
            "issuer",
            \.issuer,
            .issuer,
            isRequired: true,
            "The issuer identifier, byte for byte as it appears in metadata and tokens."
        )
        Key(
            "listen",
            \.listen,
            .list(of: .section(Listener.keys), atLeastOne: "address"),
            default: "the address and port of an http loopback issuer, otherwise `127.0.0.1:8080`",
            "Where clients connect."
        )
        Key(
            "management",
            \.management,
            .section(Management.keys),
            "The listener of health, metrics and administration."
        )
        Key("storage", \.storage, .section(Storage.keys), "Where state is kept and how durable it is.")
        Key("audit", \.audit, .section(Audit.keys), "What happens when the audit trail cannot be written.")
        Key("tracing", \.tracing, .section(Tracing.keys), "Where traces of requests go (OpenTelemetry).")
        Key("signing", \.signing, .section(Signing.keys), "How tokens are signed.")
        Key("tokens", \.tokens, .section(Tokens.keys), "How long what we issue lives.")
        Key(
            "consent",
            \.consent,
            .choice,
            """
            Which users the consent page asks: all of them every time; again only when client, redirect host, scope, \
            resource or upstream changed; or all but those of `trusted` clients.
            """
        ).reloaded
        Key(
            "consent_lifetime",
            \.consentLifetime,
            .duration(.minutes(1) ... .days(365)),
            "How long an approval is remembered, unless its user withdraws it; only for `consent: remember`."
        )
        Key("registration", \.registration, .section(Registration.keys), "Which clients may register, and how.")
        Key(
            "device_authorization",
            \.deviceAuthorization,
            .flag,
            """
            Whether devices without a browser may get tokens (RFC 8628), for clients with the grant \
            `urn:ietf:params:oauth:grant-type:device_code`.
            """
        )
        Key("agents", \.agents, .section(Agents.keys), "Tokens with which programs act for a user without a browser.")
        Key(
            "shared_signals",
            \.sharedSignals,
            .section(SharedSignals.keys),
            "Security events for resource servers (OpenID Shared Signals Framework 1.0)."
        )
        Key("branding", \.branding, .section(Branding.keys), "Whose server this is, as the pages for people say it.")
            .reloaded
        Key("dpop", \.proofs, .section(Proofs.keys), "What is asked of DPoP proofs (RFC 9449).")
        Key(
            "scopes",
            \.describedScopes,
            .describedScopes(),
            "The scopes that this server grants, each a name, or `{name, description}` with words for the consent page."
        ).reloaded
        Key(
            "upstreams",
            \.upstreams,
            .list(of: .section(Upstream.keys)),
            "The identity providers where users log in and whose tokens the vault keeps."
        )
        Key(
            "identity",
            \.identity,
            .text("name of an upstream", Resource.isUpstream),
            default: "the first upstreams of the resource that logins visit",
            "The upstream that users log in with, before a resource's own upstreams are visited."
        )
        Key(
            "forward_auth",
            \.forwardAuth,
            .section(ForwardAuthentication.keys),
            "How a proxy may ask about its clients' tokens (nginx `auth_request` and its like)."
        ).reloaded
        Key(
            "resources",
            \.resources,
            .list(of: .section(Resource.keys)),
            "The MCP servers that accept our tokens and may retrieve upstream tokens."
        ).reloaded
        Key(
            "default_resource",
            \.defaultResource,
            .text("URI of one of `resources`", schema: .url, isResource),
            default: "the only resource; with several a request must name one",
            "The resource that a request without `resource` means."
        ).reloaded
        Key("clients", \.clients, .list(of: .section(Client.keys)), "The pre-registered clients.").reloaded
        Key(
            "trusted_issuers",
            \.trustedIssuers,
            .list(of: .section(TrustedIssuer.keys)),
            "The issuers whose signed assertions are accepted: identity assertions, workloads, subjects of delegations."
        )
        Key("limits", \.limits, .section(Limits.keys), "The bounds that are often changed.")
        Key("outbound", \.outbound, .section(Outbound.keys), "How we connect to providers and metadata documents.")
        Key(
            "trusted_proxies",
            \.trustedProxies,
            .list(of: .addressRange, "list of addresses or blocks, such as `10.0.0.0/8`"),
            "The proxies whose `X-Forwarded-For` is believed; their connections are limited as a whole only."
        )
    } context: { _, configuration, context in
        context.configuration = configuration
    } finish: { file, configuration, _ in
        if file["listen"] == nil { configuration.listen = [Listener(address: configuration.issuer.defaultAddress)] }
        // The default, written into the file, says nothing that is not so.
        if configuration.consent != .remember, configuration.consentLifetime != .days(90) {
            file["consent_lifetime"]?.refuse("is only for consent: remember")
        }
        ConfigurationUniqueness(file: file).check()
        DelegationTargetCheck(file: file, configuration: configuration).check()
        ChainedSourceCheck(file: file, configuration: configuration).check()
        RequiredScopeCheck(file: file, configuration: configuration).check()
    }

    private static let isResource: TextRule = { text, context in
        let form = ResourceCatalogue.comparisonForm(text)
        let isConfigured = context.configuration.resources.contains { ResourceCatalogue.comparisonForm($0.uri) == form }
        return form != nil && isConfigured ? nil : "\(text) is not the uri of a configured resource"
    }
}
