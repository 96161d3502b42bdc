/// OAuth Client ID Metadata Document §4: the metadata that a client publishes at the URL that is its `client_id` (CM-3,
/// CM-4).
///
/// Only the owner of the URL's host vouches for it; the rules of registration apply to every field.
package struct ClientMetadataDocument: Hashable, Sendable {
    /// The client that the document describes.
    package let client: Client

    /// Why a document is refused.
    package struct Refusal: Error, Hashable, Sendable {
        /// One sentence without quotes, written for the client's developer.
        package let reason: String
    }

    /// What a document may request.
    package struct Policy: Sendable {
        /// The rules for redirect URIs.
        package var redirectURIs: RedirectURI.Policy
        /// The methods that this server offers to clients without a shared secret.
        package var authenticationMethods: Set<TokenEndpointAuthenticationMethod>
        /// The grants that a client may have.
        package var grantTypes: Set<GrantType>
        /// The grants of a client that names none.
        package var defaultGrantTypes: Set<GrantType>

        /// A policy.
        package init(
            redirectURIs: RedirectURI.Policy = .init(),
            authenticationMethods: Set<TokenEndpointAuthenticationMethod> = [.none],
            grantTypes: Set<GrantType> = [.authorizationCode, .refreshToken],
            defaultGrantTypes: Set<GrantType> = [.authorizationCode, .refreshToken]
        ) {
            self.redirectURIs = redirectURIs
            self.authenticationMethods = authenticationMethods
            self.grantTypes = grantTypes
            self.defaultGrantTypes = defaultGrantTypes
        }
    }

    /// Checks a fetched body.
    ///
    /// - Parameters:
    ///   - body: The JSON text.
    ///   - url: Where it was fetched.
    ///   - policy: What the document may request.
    ///   - now: When it was fetched.
    /// - Throws: ``Refusal`` with the first rule that the document breaks.
    package init(_ body: [UInt8], at url: ClientIDURL, policy: Policy, now: Timestamp) throws(Refusal) {
        let json: JSONObject
        do { json = try JSONParser.parseObject(body) } catch {
            throw Refusal(reason: "the document must be a JSON object without repeated members")
        }
        // CM-3, D-86: compared byte for byte; otherwise anyone who can place a file on a host could act for another
        // path of it.
        guard let id = json["client_id"]?.stringValue, id.hasSameBytes(as: url.text) else {
            throw Refusal(reason: "client_id in the document is not the URL that it was fetched from")
        }
        guard let name = json["client_name"]?.stringValue, ClientMetadata.displayable(name) != nil else {
            throw Refusal(reason: "client_name is missing")
        }
        try Self.refuseSharedSecrets(json)
        let methods = try Self.authenticationMethods(json, offered: policy.authenticationMethods)
        let metadata = try Self.metadata(json, policy: policy)
        let usable = try Self.usable(methods, metadata)
        let usesKeys = usable.contains(.privateKeyJWT)
        client = Client(
            id: url.text,
            kind: .metadataDocument,
            name: metadata.name,
            uri: metadata.uri,
            redirectURIs: metadata.redirectURIs,
            grantTypes: metadata.grantTypes,
            authenticationMethods: usable,
            applicationType: metadata.applicationType,
            keySet: usesKeys ? metadata.keySet : nil,
            keySetURI: usesKeys ? metadata.keySetURI : nil,
            requiresProof: metadata.requiresProof,
            issuedAt: now
        )
    }

    // CM-3, D-87: the document is public, so nothing in it can be a secret.
    private static func refuseSharedSecrets(_ json: JSONObject) throws(Refusal) {
        for field in ["client_secret", "client_secret_expires_at"] where json[field] != nil {
            throw Refusal(reason: "\(field) must not be in a public document")
        }
        let singular = json["token_endpoint_auth_method"]?.stringValue
        if let singular, singular.hasPrefix("client_secret") {
            throw Refusal(
                reason:
                    "token_endpoint_auth_method \(singular) needs a shared secret, which a document must not contain"
            )
        }
        let algorithm = json["token_endpoint_auth_signing_alg"]?.stringValue
        if let algorithm, algorithm.hasPrefix("HS") || algorithm == "none" {
            throw Refusal(reason: "token_endpoint_auth_signing_alg must be asymmetric")
        }
    }

    // OpenID Connect Relying Party Metadata Choices 1.0: the plural field decides, and the singular one is a preference
    // among its values; ChatGPT publishes both (CM-9).
    private static func authenticationMethods(
        _ json: JSONObject,
        offered: Set<TokenEndpointAuthenticationMethod>
    ) throws(Refusal) -> Set<TokenEndpointAuthenticationMethod> {
        let names: [String]
        if let plural = json["token_endpoint_auth_methods_supported"] {
            guard let list = plural.stringArrayValue else {
                throw Refusal(reason: "token_endpoint_auth_methods_supported must be an array of strings")
            }
            names = list
        } else if let singular = json["token_endpoint_auth_method"] {
            guard let name = singular.stringValue else {
                throw Refusal(reason: "token_endpoint_auth_method must be a string")
            }
            names = [name]
        } else {
            names = ["none"]
        }
        let common = Set(names.compactMap(TokenEndpointAuthenticationMethod.init)).intersection(offered)
            .filter { !$0.usesSecret }
        guard !common.isEmpty else {
            let offer = offered.filter { !$0.usesSecret }.map(\.rawValue).sorted().joined(separator: ", ")
            throw Refusal(reason: "none of the authentication methods is supported; use one of \(offer)")
        }
        return common
    }

    // The rules of registration. The method is chosen separately, so the document's is hidden from them.
    private static func metadata(_ json: JSONObject, policy: Policy) throws(Refusal) -> ClientMetadata {
        var json = json
        json["token_endpoint_auth_method"] = "none"
        do {
            return try ClientMetadata(
                json,
                policy: ClientMetadata.Policy(
                    redirectURIs: policy.redirectURIs,
                    grantTypes: policy.grantTypes,
                    defaultGrantTypes: policy.defaultGrantTypes,
                    authenticationMethods: [.none]
                )
            )
        } catch {
            throw Refusal(reason: error.description)
        }
    }

    // Without keys an assertion cannot be checked; the other methods remain.
    private static func usable(
        _ methods: Set<TokenEndpointAuthenticationMethod>,
        _ metadata: ClientMetadata
    ) throws(Refusal) -> Set<TokenEndpointAuthenticationMethod> {
        guard metadata.keySet == nil, metadata.keySetURI == nil else { return methods }
        let usable = methods.subtracting([.privateKeyJWT])
        guard !usable.isEmpty else { throw Refusal(reason: "private_key_jwt needs jwks or jwks_uri") }
        return usable
    }
}
