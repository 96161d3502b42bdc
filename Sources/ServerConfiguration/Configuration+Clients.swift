package import OAuthProtocol

extension Configuration {
    /// Who may register as a client, and how.
    package struct Registration: Hashable, Sendable {
        /// Whether clients may register themselves (RFC 7591).
        package var isDynamic = true

        /// Whether a client may be a URL that serves its metadata.
        package var acceptsMetadataDocuments = true

        /// Whose metadata documents are accepted.
        package var metadataDocumentPolicy = MetadataDocumentPolicy.open

        /// The domains of the policy `domains`, in lower case; each stands for its subdomains too.
        package var metadataDocumentDomains: [String] = []

        /// The exact URLs of the policy `listed`.
        package var metadataDocumentClients: [String] = []

        /// The largest metadata document, in bytes.
        package var metadataDocumentBytesMax = 5120

        /// The exact private-use redirect URIs without a dot in their scheme that may be registered.
        package var allowedPrivateUseRedirects = ["cursor://anysphere.cursor-mcp/oauth/callback"]

        /// The exact redirect URIs whose clients always get a secret.
        package var forceConfidentialRedirects: [String] = []

        /// The bearer token that registration demands, or `nil` where it is open to all.
        package var initialAccessToken: SecretReference?

        /// Makes the defaults.
        package init() {}
    }

    /// Whose metadata documents make a client (CM-10).
    package enum MetadataDocumentPolicy: String, CaseIterable, Hashable, Sendable {
        /// Anybody's.
        case open
        /// Those on hosts of the configured domains.
        case domains
        /// The configured ones only.
        case listed
    }

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

        /// The client's secret, for the secret methods.
        package var clientSecret: SecretReference?

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

        /// Makes a public client of the authorization code grant.
        package init(clientID: String) {
            self.clientID = clientID
        }
    }
}
