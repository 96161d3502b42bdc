package import OpenSSLCrypto

/// RFC 6749 §2: a client as the rules see it, however it was registered.
///
/// An immutable object: each token request passes it through several steps, and copies only a reference.
package final class Client: Hashable, Sendable {
    /// How the client was registered.
    package enum Kind: UInt8, Hashable, Sendable {
        /// In the configuration, by the operator.
        case preRegistered = 0
        /// By RFC 7591, by anyone.
        case dynamic = 1
        /// By a client ID metadata document at the URL that is its id.
        case metadataDocument = 2
    }

    /// The `client_id`.
    package let id: String
    /// How the client was registered.
    package let kind: Kind
    /// `client_name`, already sanitized; self-asserted unless pre-registered (CR-7).
    package let name: String?
    /// `client_uri`: the client's home page.
    package let uri: String?
    /// Registered redirect URIs, bytes unchanged (CR-1).
    package let redirectURIs: [String]
    /// The grants that the client may use.
    package let grantTypes: Set<GrantType>
    /// How the client authenticates; more than one only for metadata documents (CM-9).
    package let authenticationMethods: Set<TokenEndpointAuthenticationMethod>
    /// SHA-256 of the client's secret, if a method needs one.
    package let secretHash: SHA256Digest?
    /// The scopes the client may be granted; `nil` means no limit beyond the resource's.
    package let scopes: ScopeSet?
    /// `application_type`, as sent or inferred.
    package let applicationType: ApplicationType
    /// Pre-approved by the operator: with `consent: trusted` no consent page.
    package let isTrusted: Bool
    /// The client's own keys as a JWK Set in JSON, for `private_key_jwt`.
    package let keySet: [UInt8]?
    /// Where the client publishes its keys, for `private_key_jwt`.
    package let keySetURI: String?
    /// Whether assertions may name the token endpoint as their audience, as RFC 7523 once suggested (CA-3).
    ///
    /// For pre-registered clients only, when the operator knows that they support nothing better.
    package let allowsTokenEndpointAudience: Bool
    /// RFC 9449 §5.2, `dpop_bound_access_tokens`: whether it gets no tokens without a DPoP proof.
    package let requiresProof: Bool
    /// RFC 7592: SHA-256 of the token that manages the registration; `nil` where the client cannot manage it.
    package let managementTokenHash: SHA256Digest?
    /// When the client was registered.
    package let issuedAt: Timestamp

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
        allowsTokenEndpointAudience: Bool = false,
        managementTokenHash: SHA256Digest? = nil,
        requiresProof: Bool = false,
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
        self.allowsTokenEndpointAudience = allowsTokenEndpointAudience
        self.requiresProof = requiresProof
        self.managementTokenHash = managementTokenHash
        self.issuedAt = issuedAt
    }

    /// The same registration without its keys.
    package var withoutKeys: Client {
        Client(
            id: id,
            kind: kind,
            name: name,
            uri: uri,
            redirectURIs: redirectURIs,
            grantTypes: grantTypes,
            authenticationMethods: authenticationMethods,
            secretHash: secretHash,
            scopes: scopes,
            applicationType: applicationType,
            isTrusted: isTrusted,
            allowsTokenEndpointAudience: allowsTokenEndpointAudience,
            managementTokenHash: managementTokenHash,
            requiresProof: requiresProof,
            issuedAt: issuedAt
        )
    }

    /// The same client, which gets no tokens without a DPoP proof.
    package var requiringProof: Client {
        Client(
            id: id,
            kind: kind,
            name: name,
            uri: uri,
            redirectURIs: redirectURIs,
            grantTypes: grantTypes,
            authenticationMethods: authenticationMethods,
            secretHash: secretHash,
            scopes: scopes,
            applicationType: applicationType,
            isTrusted: isTrusted,
            keySet: keySet,
            keySetURI: keySetURI,
            allowsTokenEndpointAudience: allowsTokenEndpointAudience,
            managementTokenHash: managementTokenHash,
            requiresProof: true,
            issuedAt: issuedAt
        )
    }

    /// The same client with some of its redirect URIs only.
    package func keeping(_ redirectURIs: [String]) -> Client {
        Client(
            id: id,
            kind: kind,
            name: name,
            uri: uri,
            redirectURIs: redirectURIs,
            grantTypes: grantTypes,
            authenticationMethods: authenticationMethods,
            secretHash: secretHash,
            scopes: scopes,
            applicationType: applicationType,
            isTrusted: isTrusted,
            keySet: keySet,
            keySetURI: keySetURI,
            allowsTokenEndpointAudience: allowsTokenEndpointAudience,
            managementTokenHash: managementTokenHash,
            requiresProof: requiresProof,
            issuedAt: issuedAt
        )
    }

    /// Whether all properties are equal.
    package static func == (left: Client, right: Client) -> Bool {
        left === right || left.saysTheSame(as: right) && left.issuedAt == right.issuedAt
    }

    /// Hashes the id.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(id)
    }

    /// Whether the registrations are equal, regardless of when they were made.
    package func saysTheSame(as other: Client) -> Bool {
        id == other.id && kind == other.kind && name == other.name && uri == other.uri
            && redirectURIs == other.redirectURIs && grantTypes == other.grantTypes
            && authenticationMethods == other.authenticationMethods && secretHash == other.secretHash
            && scopes == other.scopes && applicationType == other.applicationType && isTrusted == other.isTrusted
            && keySet == other.keySet && keySetURI == other.keySetURI
            && allowsTokenEndpointAudience == other.allowsTokenEndpointAudience && requiresProof == other.requiresProof
            && managementTokenHash == other.managementTokenHash
    }

    /// RFC 6749 §2.1: a client that cannot keep a secret.
    package var isPublic: Bool {
        // Looking at one or two methods is faster than hashing.
        authenticationMethods.contains { $0 == .none }
    }

    /// Prefix of every dynamically registered id; no document's URL can have it (CR-8).
    package static let dynamicIDPrefix = "dcr_"
}
