package import OAuthProtocol
package import OpenSSLCrypto
package import UpstreamIdentity

extension Configuration {
    /// An identity provider where users log in and whose tokens the vault keeps.
    package struct Upstream: Hashable, Sendable {
        /// The name in callback paths and in `audience`.
        package var name: String

        /// The names that it had before: what is stored under them is its own.
        package var formerNames: [String] = []

        /// The row of the preset table that it is; `oidc` or `oauth2` for a provider without a row of its own.
        package var preset: UpstreamPreset

        /// The issuer; `nil` leaves it to the preset.
        package var issuer: String?

        /// Endpoints in place of the preset's; the generic row `oauth2` has none of its own.
        package var endpoints: UpstreamEndpointOverrides

        /// How the provider behaves, in place of the preset's behaviour.
        package var behaviour = UpstreamBehaviourOverrides()

        /// What the provider's documents, tokens and answers are like, in place of the preset's.
        package var verification = UpstreamVerificationOverrides()

        /// Our client id there; `nil` where we register ourselves.
        package var clientID: String?

        /// Our client secret there; `nil` for a public client.
        package var clientSecret: SecretReference?

        /// The private key in PEM whose assertions prove who we are there, for `private_key_jwt`.
        package var privateKey: SecretReference?

        /// How that key signs; `nil` for the key's usual way.
        package var privateKeyAlgorithm: SignatureAlgorithm?

        /// The `kid` under which the provider knows that key; `nil` for its thumbprint (RFC 7638).
        package var privateKeyID: String?

        /// How we register ourselves there, in place of a client id (RFC 7591); `nil` for not at all.
        package var registration: UpstreamRegistration?

        /// What the claims of an account must say before it is accepted (UP-4); each must hold.
        package var requiredClaims: [UpstreamClaimRequirement] = []

        /// Which accounts are accepted, at logins and at refreshes of our sessions; `nil` for every one.
        package var access: ClaimRule?

        /// Whether it is intended that everybody with an account at a public provider may log in.
        package var admitsAnyone = false

        /// Whether the tokens of a connection that a back-channel logout ends are revoked at the provider and erased.
        package var revokesOnLogout = false

        /// Whether a connection ends, here and at the provider, when a client revokes its user's last session.
        package var revokesWithLastSession = false

        /// The bearer token with which the provider ends all sessions of one of its users; `nil` when it cannot.
        package var globalRevocationToken: SecretReference?

        /// Whether the provider may also authenticate such a request with a JWT that its keys sign.
        package var acceptsSignedRevocation = false

        /// How we authenticate there; `nil` leaves it to the provider's metadata or preset.
        package var tokenEndpointAuthMethod: TokenEndpointAuthenticationMethod?

        /// The scopes to ask for; `nil` leaves them to the preset.
        package var scopes: [String]?

        /// When logins visit it.
        package var login = LoginNeed.required

        /// Another spelling of ``login``: whether a login goes on when this provider fails.
        package var isOptional: Bool {
            get { login == .optional }
            set {
                if newValue { login = .optional } else if login == .optional { login = .required }
            }
        }

        /// Parameters added to the authorization request, in their configured order.
        package var additionalAuthorizationParameters: [UpstreamParameter] = []

        /// The URL of the API that its tokens are for, by which gateways ask for them; `nil` for none.
        package var api: String?

        /// Which of the provider's claims go into our access tokens, and under which names.
        package var claims: [ClaimName] = []

        /// The protected MCP server that it is, where it is one.
        package var server = ProtectedServer(url: "")

        /// The upstream whose ID tokens a foreign authorization server follows from, where it is one.
        package var source = ""

        /// What users enter, where the upstream speaks no protocol.
        package var entered = EnteredCredential()

        /// Whether the provider's URLs may be plain http, for development on loopback.
        package var allowsInsecureHTTP = false

        /// Whether the provider may live at a private or loopback address.
        package var allowsPrivateNetwork = false

        /// Whether connections in use are refreshed before anybody asks for their tokens.
        package var refreshesInBackground = false

        /// What a token exchange may name as `resource` to get its tokens.
        package var apiResource: String? {
            api ?? (preset == .mcp ? server.identifier : preset == .chained ? server.resource : nil)
        }

        /// Whether a login there can tell who the user is.
        package var identifiesUsers: Bool {
            ![.entered, .mcp, .chained].contains(preset) && behaviour.identity != .absent
        }

        /// How this server becomes a client there without its operator; `nil` with a configured client.
        ///
        /// A protected MCP server needs no key for it (MCP 2026-07-28, Client Registration).
        package var selfRegistration: UpstreamRegistration? {
            registration ?? (preset == .mcp && clientID == nil ? UpstreamRegistration() : nil)
        }

        /// Makes an upstream with the defaults.
        package init(
            name: String,
            preset: UpstreamPreset = .oidc,
            issuer: String? = nil,
            endpoints: UpstreamEndpointOverrides = UpstreamEndpointOverrides(),
            clientID: String?
        ) {
            self.name = name
            self.preset = preset
            self.issuer = issuer
            self.endpoints = endpoints
            self.clientID = clientID
        }
    }
}
