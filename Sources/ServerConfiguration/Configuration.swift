package import OAuthProtocol

/// Everything the operator decides, checked and with its defaults filled in.
///
/// A pure value: reading files, environment and YAML is the host's work. Decode one with ``init(decoding:)``, or
/// build one in code, as the tests do.
package struct Configuration: Hashable, Sendable {
    /// The issuer identifier, byte for byte as it appears in metadata and tokens.
    package var issuer: Issuer

    /// Where clients connect; never empty.
    package var listen: [Listener]

    /// Where health, metrics and administration answer.
    package var management = Management()

    /// Where state is kept and how durable it is.
    package var storage = Storage()

    /// What becomes of the audit trail when it cannot be written as fast as it grows.
    package var audit = Audit()

    /// Where traces go; nowhere by default.
    package var tracing = Tracing()

    /// How tokens are signed.
    package var signing = Signing()

    /// How long what we issue lives.
    package var tokens = Tokens()

    /// Whom the consent page asks.
    package var consent = Consent.always

    /// How long `consent: remember` spares a user the page.
    package var consentLifetime = Duration.seconds(90 * 24 * 3600)

    /// Who may register as a client, and how.
    package var registration = Registration()

    /// The scopes this server grants; requests for others are narrowed.
    package var scopes = Configuration.defaultScopes

    /// What scopes mean in words for people, by scope.
    package var scopeDescriptions: [String: String] = [:]

    /// The scopes with these words.
    package var describedScopes: DescribedScopes {
        get { DescribedScopes(scopes, descriptions: scopeDescriptions) }
        set {
            scopes = newValue.scopes
            scopeDescriptions = newValue.descriptions
        }
    }

    /// The identity providers where users log in and whose tokens the vault keeps.
    package var upstreams: [Upstream] = []

    /// The upstream that users log in with, whatever a resource's own upstreams are; `nil` for those.
    package var identity: String?

    /// The MCP servers that accept our tokens.
    package var resources: [Resource] = []

    /// The URI of the resource that a request without `resource` means, where several are configured.
    package var defaultResource: String?

    /// The pre-registered clients.
    package var clients: [Client] = []

    /// The issuers whose signed assertions are accepted.
    package var trustedIssuers: [TrustedIssuer] = []

    /// Whether devices without a browser may get tokens (RFC 8628).
    package var deviceAuthorization = false

    /// Tokens with which programs act for a user without a browser.
    package var agents = Agents()

    /// Security events for resource servers.
    package var sharedSignals = SharedSignals()
    /// What is asked of DPoP proofs (RFC 9449).
    package var proofs = Proofs()
    /// Whose server this is, as the pages say it.
    package var branding = Branding()

    /// How a proxy may ask about its clients' tokens.
    package var forwardAuth = ForwardAuthentication()

    /// The bounds that people change.
    package var limits = Limits()

    /// How we connect to others.
    package var outbound = Outbound()

    /// The proxies whose `X-Forwarded-For` is believed; none by default.
    package var trustedProxies: [AddressRange] = []

    /// The scopes of a server that names none.
    package static let defaultScopes = ScopeSet(["openid", "profile", "email", "offline_access"])

    /// Makes a configuration with defaults for everything that is not named.
    ///
    /// - Parameters:
    ///   - issuer: The issuer identifier.
    ///   - listen: Where clients connect.
    package init(issuer: Issuer, listen: [Listener]) {
        self.issuer = issuer
        self.listen = listen
    }
}

extension Configuration {
    /// Whom the consent page asks before an upstream login.
    package enum Consent: String, CaseIterable, Hashable, Sendable {
        /// Everyone, every time.
        case always
        /// Again only when client, redirect host, scope, resource or upstream changed.
        case remember
        /// Everyone but the clients that are configured as trusted.
        case trusted
    }
}
