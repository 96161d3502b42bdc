package import OAuthProtocol

extension Configuration {
    /// An MCP server: an audience of our tokens, and a caller of the vault.
    package struct Resource: Hashable, Sendable {
        /// The resource identifier, spelled as the `aud` of its tokens.
        package var uri: String

        /// The scopes that mean something there; a subset of the server's.
        package var scopes: ScopeSet

        /// The names of the upstreams whose tokens this server may retrieve.
        package var upstreams: [String] = []

        /// The client id by which it authenticates for token exchange, or `nil` when it does not call us.
        package var clientID: String?

        /// The secret that goes with the client id.
        package var clientSecret: SecretReference?

        /// The public keys that go with the client id, as the text of a JWK Set, in place of a secret.
        package var jwks: String?

        /// Where those keys are published.
        package var jwksURI: String?

        /// The upstream whose token the resource's proxy gets by forward authentication, or `nil` for none.
        package var forwardAuthUpstream: String?

        /// Makes a resource that does not call us.
        package init(uri: String, scopes: ScopeSet) {
            self.uri = uri
            self.scopes = scopes
        }
    }
}

extension Configuration.Resource {
    static let keys = KeySection(Self(uri: "", scopes: .empty)) {
        Key(
            "uri",
            \.uri,
            .text("https URL, or http on loopback", schema: .url, ConfigurationRules.resourceObjection),
            isRequired: true,
            "The resource identifier (RFC 8707), as it is spelled in the `aud` of its tokens."
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
            "client_id",
            \.clientID,
            .clientID,
            default: "none: it does not call us",
            "The client id by which the MCP server authenticates to us."
        )
        Key("client_secret", \.clientSecret, .secret(), "The secret that belongs to the client id.")
        Key("jwks", \.jwks, .keySet, "The public keys that belong to the client id, in place of a secret.")
        Key("jwks_uri", \.jwksURI, .endpoint, "Where those keys are published.")
        Key(
            "forward_auth",
            \.self,
            .section(forwardAuthKeys),
            default: "none",
            "Forward authentication for this resource; needs `forward_auth.secret`."
        )
    } finish: { section, resource, context in
        if section["scopes"] == nil { resource.scopes = context.configuration.scopes }
        checkCredentials(section)
        checkForwardAuth(section, resource, context.configuration)
    }

    private static let forwardAuthKeys = KeySection(Self(uri: "", scopes: .empty)) {
        Key(
            "upstream",
            \.forwardAuthUpstream,
            .text("name"),
            isRequired: true,
            "The upstream whose token the resource's proxy gets; one of the resource's `upstreams`."
        )
    }

    /// Refuses a scope that the server does not grant.
    static func isGranted(_ scope: String, _ context: DecodingContext) -> String? {
        context.configuration.scopes.contains(scope) ? nil : "\(scope) is not one of the server's scopes"
    }

    private static func isUpstream(_ name: String, _ context: DecodingContext) -> String? {
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
    }
}
