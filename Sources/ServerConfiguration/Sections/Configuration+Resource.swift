package import OAuthProtocol
import UpstreamIdentity

extension Configuration {
    /// An MCP server: an audience of our tokens, and a caller of the vault.
    package struct Resource: Hashable, Sendable {
        /// The resource identifier, spelled as the `aud` of its tokens.
        package var uri: String

        /// The scopes that mean something there; a subset of the server's.
        package var scopes: ScopeSet

        /// The names of the upstreams whose tokens this server may retrieve.
        package var upstreams: [String] = []

        /// When its logins visit these upstreams, in place of each upstream's own rule.
        package var logins: [String: LoginNeed] = [:]

        /// The upstream that its users log in with, in place of the server's.
        package var identity: String?

        /// Further addresses by which clients name it.
        package var aliases: [String] = []

        /// Which differences of spelling are accepted.
        package var tolerances: [ResourceTolerance] = []

        /// Its name for people.
        package var name: String?

        /// What it is, for people.
        package var summary: String?

        /// The other resources that its server may exchange its callers' access tokens for (RFC 8693).
        package var delegationTargets: [String] = []

        /// The client id by which it authenticates for token exchange, or `nil` when it does not call us.
        package var clientID: String?

        /// The secret that goes with the client id.
        package var clientSecret: SecretReference?

        /// Whether the secret may be short enough to be guessed.
        package var allowsShortSecret = false

        /// The public keys that go with the client id, as the text of a JWK Set, in place of a secret.
        package var jwks: String?

        /// Where those keys are published.
        package var jwksURI: String?

        /// The upstream whose token the resource's proxy gets by forward authentication, or `nil` for none.
        package var forwardAuthUpstream: String?

        /// The fields of that upstream that the proxy gets beside the token, in header fields.
        package var forwardAuthFields: [ForwardedField] = []

        /// The values of `acr` of which forward authentication demands one; none for any login.
        package var authenticationContexts: [String] = []

        /// How long ago the user may have logged in, as forward authentication demands it.
        package var loginAgeMax: Duration?

        /// Which users may log in for it, by the claims of the provider that identifies them; `nil` for every one.
        package var access: ClaimRule?

        /// Which users get a scope of it, by the same claims; a scope without a rule is for every one.
        package var scopeAccess: [String: ClaimRule] = [:]

        /// Makes a resource that does not call us.
        package init(uri: String, scopes: ScopeSet) {
            self.uri = uri
            self.scopes = scopes
        }
    }
}

extension Configuration {
    /// A field of an upstream, and the header field that carries it to a proxy.
    package struct ForwardedField: Hashable, Sendable {
        /// The field, as `extras` of the upstream names it.
        package var field: String

        /// The header field.
        package var header: String

        /// Forwards a field.
        package init(field: String, header: String) {
            self.field = field
            self.header = header
        }
    }
}

extension Configuration.Resource {
    static let keys = KeySection(Self(uri: "", scopes: .empty)) {
        Key(
            "uri",
            \.uri,
            .text("https URL, or http on loopback", schema: .url, ConfigurationRules.resourceOrFleetObjection),
            isRequired: true,
            """
            The resource identifier (RFC 8707), as it is spelled in the `aud` of its tokens. With stars it is a fleet, as in \
            `https://*.mcp.example.com/mcp`: one label of the host for each star, and the requested address as audience.
            """
        )
        Key(
            "aliases",
            \.aliases,
            .texts("list of URLs", schema: .url, ConfigurationRules.resourceObjection),
            "Further addresses by which clients name it; its tokens have `uri` as their audience all the same."
        )
        Key(
            "tolerance",
            \.tolerances,
            .list(of: .choice, "list of `origin`, `slash`, `case`", isUnique: true),
            """
            Which differences are accepted between a requested address and `uri` or an alias: `origin`, the host without \
            a path; `slash`, one more or fewer at the end; `case`, letters of the other case in the path. Two resources \
            must not tolerate the same address.
            """
        )
        Key(
            "name",
            \.name,
            .text("text", ConfigurationRules.personTextObjection),
            default: "none",
            "Its name on the consent page and in its metadata."
        )
        Key(
            "description",
            \.summary,
            .text("text", ConfigurationRules.personTextObjection),
            default: "none",
            "What it is, as the consent page says it."
        )
        Key(
            "scopes",
            \.scopes,
            .scopes("list of scopes", Self.isGranted),
            default: "all of `scopes`",
            "Some of the server's `scopes`."
        )
        Key(
            "upstreams",
            \.upstreams,
            .texts("list of names", Self.isUpstream),
            "The upstreams whose tokens this MCP server may retrieve."
        )
        Key(
            "login",
            \.logins,
            .loginNeeds,
            default: "each upstream's own",
            "When logins for this resource visit its upstreams, such as `{github: on_demand}`."
        )
        Key(
            "identity",
            \.identity,
            .text("name of an upstream", Self.isUpstream),
            default: "the server's `identity`",
            "The upstream that this resource's users log in with; it need not be one of `upstreams`."
        )
        Key(
            "allow",
            \.access,
            .claimRule,
            default: "every user",
            "Which users may log in for it, by the claims of the provider that identifies them, and `email_domain`."
        )
        Key(
            "allow_scopes",
            \.scopeAccess,
            .scopeRules,
            "Which users get some of its scopes, by the same claims, such as `{mcp:admin: {groups: [admins]}}`."
        )
        Key(
            "delegates_to",
            \.delegationTargets,
            .texts("list of resources", schema: .url, ConfigurationRules.resourceOrFleetObjection),
            "The other resources or fleets that this MCP server may exchange its callers' access tokens for (RFC 8693)."
        )
        Key(
            "client_id",
            \.clientID,
            .clientID,
            default: "none: it does not call us",
            "The client id by which the MCP server authenticates to us."
        )
        Key(
            credential: "client_secret",
            \.clientSecret,
            unless: \.allowsShortSecret,
            "The secret that belongs to the client id."
        )
        Key.shortSecret(\.allowsShortSecret)
        Key("jwks", \.jwks, .keySet, "The public keys that belong to the client id, in place of a secret.")
        Key("jwks_uri", \.jwksURI, .endpoint, "Where those keys are published.")
        Key(
            "acr_values",
            \.authenticationContexts,
            .texts("list of `acr` values", contextClassObjection),
            "The values of `acr` of which forward authentication demands one (RFC 9470)."
        )
        Key(
            "max_age",
            \.loginAgeMax,
            .duration(.seconds(1) ... .days(365)),
            default: "any",
            "How long ago the user may have logged in, as forward authentication demands it (RFC 9470)."
        )
        Key(
            "forward_auth",
            \.self,
            .section(forwardAuthKeys),
            default: "none",
            "Forward authentication for this resource; needs `forward_auth.secret`."
        )
    } finish: { section, resource, context in
        if section["scopes"] == nil { resource.scopes = context.configuration.scopes }
        for scope in resource.scopeAccess.keys.sorted() where !resource.scopes.contains(scope) {
            section["allow_scopes"]?[scope]?.refuse("\(scope) is not one of this resource's scopes")
        }
        if ResourcePattern(resource.uri) != nil {
            for key in ["aliases", "tolerance", "delegates_to"] { section[key]?.refuse("is not for a fleet") }
        }
        checkCredentials(section)
        checkForwardAuth(section, resource, context.configuration)
        LoginOrderCheck(section: section, configuration: context.configuration).check(resource)
    }

    private static let forwardAuthKeys = KeySection(Self(uri: "", scopes: .empty)) {
        Key(
            "upstream",
            \.forwardAuthUpstream,
            .text("name"),
            isRequired: true,
            "The upstream whose token the resource's proxy gets; one of the resource's `upstreams`."
        )
        Key(
            "fields",
            \.forwardAuthFields,
            .forwardedFields,
            "Which of that upstream's `extras` the proxy gets beside the token, and in which header fields."
        )
    }

    // They go into a header field, where a space separates them.
    private static func contextClassObjection(_ text: String, _ context: DecodingContext) -> String? {
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        return isPlain && (1...256).contains(text.utf8.count)
            ? nil : "must be printable ASCII without spaces and quotes"
    }

    /// Refuses a resource that is not configured.
    static func isRegistered(_ uri: String, _ context: DecodingContext) -> String? {
        objection(to: uri, among: context.configuration.resources.map(\.uri).filter { ResourcePattern($0) == nil })
    }

    /// Refuses what is neither a configured resource nor a configured fleet.
    static func isRegisteredOrFleet(_ uri: String, _ context: DecodingContext) -> String? {
        objection(to: uri, among: context.configuration.resources.map(\.uri))
    }

    private static func objection(to uri: String, among uris: [String]) -> String? {
        if uris.contains(uri) { return nil }
        let hint = NearestName.of(uri, among: uris).map { "; did you mean \($0)?" } ?? ""
        return "\(uri) is not a configured resource\(hint)"
    }

    /// Refuses a scope that the server does not grant.
    static func isGranted(_ scope: String, _ context: DecodingContext) -> String? {
        context.configuration.scopes.contains(scope) ? nil : "\(scope) is not one of the server's scopes"
    }

    static func isUpstream(_ name: String, _ context: DecodingContext) -> String? {
        let names = context.configuration.upstreams.map(\.name)
        if names.contains(name) { return nil }
        let hint = NearestName.of(name, among: names).map { "; did you mean \($0)?" } ?? ""
        return "\(name) is not a configured upstream\(hint)"
    }

    // One proof of identity, and none without a client id: a proof that is never checked looks like protection.
    private static func checkCredentials(_ section: ConfigurationCursor) {
        let given = ["client_secret", "jwks", "jwks_uri"].filter { section[$0] != nil }
        if section["client_id"] != nil, given.isEmpty {
            section.require("client_secret", or: "client_id needs it")
        }
        if let first = given.first { section.require("client_id", or: "\(first) needs it") }
        for extra in given.dropFirst() { section[extra]?.refuse("must not be used together with \(given[0])") }
    }

    // Without a secret, any client beside the proxy could get the token that the proxy gets.
    private static func checkForwardAuth(
        _ section: ConfigurationCursor,
        _ resource: Self,
        _ configuration: Configuration
    ) {
        guard let section = section["forward_auth"] else { return }
        if configuration.forwardAuth.secret == nil {
            section.refuse("needs forward_auth.secret, which authenticates the proxy")
        }
        if let name = resource.forwardAuthUpstream, !resource.upstreams.contains(name) {
            section["upstream"]?.refuse("\(name) is not one of this resource's upstreams")
        }
        let upstream = configuration.upstreams.first { $0.name == resource.forwardAuthUpstream }
        for field in resource.forwardAuthFields where upstream?.behaviour.extras?.contains(field.field) != true {
            section["fields"]?[field.field]?.refuse("is not one of the upstream's extras")
        }
        let headers = resource.forwardAuthFields.map { $0.header.lowercased() }
        if Set(headers).count < headers.count { section["fields"]?.refuse("names a header field twice") }
    }
}
