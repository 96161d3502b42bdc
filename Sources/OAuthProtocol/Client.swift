package import OpenSSLCrypto

/// RFC 6749 §2: a client as the rules see it, however it became known.
package struct Client: Hashable, Sendable {
    /// How the client became known.
    package enum Kind: UInt8, Hashable, Sendable {
        /// In the configuration, vouched for by the operator.
        case preRegistered = 0
        /// By RFC 7591; whoever asked.
        case dynamic = 1
        /// By a client ID metadata document at the URL that is its id.
        case metadataDocument = 2
    }

    /// The `client_id`.
    package var id: String
    /// How the client became known.
    package var kind: Kind
    /// `client_name`, already cleaned; self-asserted unless pre-registered (CR-7).
    package var name: String?
    /// `client_uri`: the client's home page.
    package var uri: String?
    /// Registered redirect URIs, bytes unchanged (CR-1).
    package var redirectURIs: [String]
    /// The grants that the client may use.
    package var grantTypes: Set<GrantType>
    /// How the client authenticates; more than one only for metadata documents (CM-9).
    package var authenticationMethods: Set<TokenEndpointAuthenticationMethod>
    /// SHA-256 of the client's secret, for the secret methods.
    package var secretHash: SHA256Digest?
    /// The scopes the client may be granted; `nil` means no limit beyond the resource's.
    package var scopes: ScopeSet?
    /// `application_type`, as sent or inferred.
    package var applicationType: ApplicationType
    /// Pre-approved by the operator: with `consent: trusted` no consent page.
    package var isTrusted: Bool
    /// The client's own keys as a JWK Set in JSON, for `private_key_jwt`.
    package var keySet: [UInt8]?
    /// Where the client publishes its keys, for `private_key_jwt`.
    package var keySetURI: String?
    /// Whether assertions may name the token endpoint as their audience, as RFC 7523 once suggested (CA-3); for
    /// pre-registered clients only, whose operator knows that they cannot do better.
    package var allowsTokenEndpointAudience = false
    /// When the client registered.
    package var issuedAt: Timestamp

    /// A client with the given registration.
    package init(
        id: String,
        kind: Kind,
        name: String? = nil,
        uri: String? = nil,
        redirectURIs: [String],
        grantTypes: Set<GrantType>,
        authenticationMethods: Set<TokenEndpointAuthenticationMethod>,
        secretHash: SHA256Digest? = nil,
        scopes: ScopeSet? = nil,
        applicationType: ApplicationType = .native,
        isTrusted: Bool = false,
        keySet: [UInt8]? = nil,
        keySetURI: String? = nil,
        issuedAt: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.uri = uri
        self.redirectURIs = redirectURIs
        self.grantTypes = grantTypes
        self.authenticationMethods = authenticationMethods
        self.secretHash = secretHash
        self.scopes = scopes
        self.applicationType = applicationType
        self.isTrusted = isTrusted
        self.keySet = keySet
        self.keySetURI = keySetURI
        self.issuedAt = issuedAt
    }

    /// RFC 6749 §2.1: a client that can keep no secret.
    package var isPublic: Bool {
        // A look at each of the one or two is quicker than a hash.
        authenticationMethods.contains { $0 == .none }
    }

    /// Prefix of every dynamically registered id; no metadata document can have it (CR-8).
    package static let dynamicIDPrefix = "dcr_"
}
