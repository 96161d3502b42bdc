/// RFC 7591 §2: the metadata of a registration request, checked and brought into the stored form.
package struct ClientMetadata: Hashable, Sendable {
    /// What the operator allows in registrations.
    package struct Policy: Sendable {
        /// The rules for redirect URIs.
        package var redirectURIs: RedirectURI.Policy
        /// The grants that self-registered clients may have.
        package var grantTypes: Set<GrantType>
        /// The grants of a client that names none.
        package var defaultGrantTypes: Set<GrantType>
        /// The offered authentication methods.
        package var authenticationMethods: Set<TokenEndpointAuthenticationMethod>
        /// Redirect URIs whose clients need a secret even though they ask for `none` (Perplexity; CR-14).
        package var forcedConfidentialRedirects: Set<String>
        /// The scope in the answer to a client that requests none (RFC 7591 §2: the server may assign defaults).
        package var defaultScopes = ScopeSet.empty
        /// The scopes that a client can ever be granted; the answer names no others (FD-2, C-6).
        ///
        /// With `nil` scopes are not narrowed.
        package var grantableScopes: ScopeSet?

        /// A policy; `forcedConfidentialRedirects` holds https URIs that are not on loopback.
        package init(
            redirectURIs: RedirectURI.Policy = .init(),
            grantTypes: Set<GrantType> = [.authorizationCode, .refreshToken],
            defaultGrantTypes: Set<GrantType> = [.authorizationCode, .refreshToken],
            authenticationMethods: Set<TokenEndpointAuthenticationMethod> = [
                .none, .clientSecretBasic, .clientSecretPost,
            ],
            forcedConfidentialRedirects: Set<String> = []
        ) {
            self.redirectURIs = redirectURIs
            self.grantTypes = grantTypes
            self.defaultGrantTypes = defaultGrantTypes
            self.authenticationMethods = authenticationMethods
            self.forcedConfidentialRedirects = forcedConfidentialRedirects
        }
    }

    /// Registered redirect URIs, bytes and order unchanged (CR-1).
    package var redirectURIs: [String]
    /// The grants that remain after unsupported ones were dropped (CR-3).
    package var grantTypes: Set<GrantType>
    /// How the client will authenticate.
    package var authenticationMethod: TokenEndpointAuthenticationMethod
    /// `client_name` without control and direction characters (CR-7, D-59).
    package var name: String?
    /// `client_uri`.
    package var uri: String?
    /// What can be granted of the requested `scope`, or the default; it is echoed and restricts nothing.
    package var scopes: ScopeSet?
    /// `application_type`, as sent or inferred (CR-5).
    package var applicationType: ApplicationType
    /// `jwks`, serialized: the supported public keys.
    package var keySet: [UInt8]?
    /// `jwks_uri`.
    package var keySetURI: String?
    /// RFC 9449 §5.2: `dpop_bound_access_tokens`.
    package var requiresProof: Bool
    /// Members that are echoed as registered and have no effect: `logo_uri`, `tos_uri`,
    /// `policy_uri`, `contacts`, `software_id` ….
    package var echoed: JSONObject

    /// The most redirect URIs of one client (CR-2).
    package static let redirectURICountMax = 10
    /// The longest `client_name`, in Unicode scalars (CR-7).
    package static let nameLengthMax = 100

    /// Checks a registration request (CR-2…7).
    ///
    /// - Throws: `invalid_redirect_uri` naming the index of the bad member, or `invalid_client_metadata` naming the
    ///   field.
    package init(_ json: JSONObject, policy: Policy) throws(OAuthError) {
        let redirectURIs = try Self.redirectURIList(json)
        let declaredType = try Self.string("application_type", in: json).flatMap(ApplicationType.init)
        try Self.validate(redirectURIs, policy: policy, applicationType: declaredType)
        let isNative =
            declaredType == .native
            || redirectURIs.contains { URIReference($0).map { $0.scheme != "https" } ?? false }
        self.redirectURIs = redirectURIs
        applicationType = declaredType ?? (isNative ? .native : .web)
        grantTypes = try Self.grantTypeSet(json, policy: policy)
        try Self.validateResponseTypes(json)
        authenticationMethod = try Self.method(json, policy: policy, redirectURIs: redirectURIs, isNative: isNative)
        name = try Self.string("client_name", in: json).flatMap(Self.displayable)
        uri = Self.shownURL("client_uri", in: json)
        scopes = Self.answered(try Self.scopeSet(json), policy)
        keySetURI = try Self.secureURL("jwks_uri", in: json)
        requiresProof = try Self.flag("dpop_bound_access_tokens", in: json)
        let embeddedKeys = try Self.embeddedKeySet(json)
        keySet = embeddedKeys?.serialized()
        guard keySet == nil || keySetURI == nil else {
            throw OAuthError(.invalidClientMetadata, "jwks and jwks_uri must not be used together")
        }
        if authenticationMethod == .privateKeyJWT, keySet == nil, keySetURI == nil {
            throw OAuthError(.invalidClientMetadata, "private_key_jwt needs jwks or jwks_uri")
        }
        echoed = [:]
        for (field, value) in Self.shown(json) { echoed[field] = value }
    }

    // MARK: - Redirect URIs

    private static func redirectURIList(_ json: JSONObject) throws(OAuthError) -> [String] {
        guard let list = json["redirect_uris"]?.arrayValue else {
            throw OAuthError(.invalidRedirectURI, "redirect_uris must be an array")
        }
        guard !list.isEmpty else { throw OAuthError(.invalidRedirectURI, "redirect_uris must not be empty") }
        guard list.count <= redirectURICountMax else {
            throw OAuthError(.invalidRedirectURI, "redirect_uris must have at most \(redirectURICountMax) members")
        }
        var texts: [String] = []
        for (index, value) in list.enumerated() {
            guard let text = value.stringValue else {
                throw OAuthError(.invalidRedirectURI, "redirect_uris[\(index)] must be a string")
            }
            texts.append(text)
        }
        return texts
    }

    private static func validate(
        _ redirectURIs: [String],
        policy: Policy,
        applicationType: ApplicationType?
    ) throws(OAuthError) {
        for (index, text) in redirectURIs.enumerated() {
            do {
                try RedirectURI.validateForRegistration(
                    text,
                    policy: policy.redirectURIs,
                    isWebApplication: applicationType == .web
                )
            } catch {
                throw OAuthError(.invalidRedirectURI, "redirect_uris[\(index)] \(error.reason)")
            }
        }
    }

    // MARK: - Grants and authentication

    // CR-3: unsupported grants are dropped, because VS Code and ChatGPT list more than they need.
    private static func grantTypeSet(_ json: JSONObject, policy: Policy) throws(OAuthError) -> Set<GrantType> {
        guard let value = json["grant_types"], value != .null else {
            // RFC 7591 §2 has the default authorization_code alone; an MCP client that omits the field expects to stay
            // logged in.
            return policy.defaultGrantTypes
        }
        guard let texts = value.stringArrayValue else {
            throw OAuthError(.invalidClientMetadata, "grant_types must be an array of strings")
        }
        let usable = Set(texts.map(GrantType.init(rawValue:))).intersection(policy.grantTypes)
        guard usable.contains(.authorizationCode) else {
            throw OAuthError(.invalidClientMetadata, "grant_types must contain authorization_code")
        }
        return usable
    }

    private static func validateResponseTypes(_ json: JSONObject) throws(OAuthError) {
        guard let value = json["response_types"], value != .null else { return }
        guard let texts = value.stringArrayValue, texts.contains("code") else {
            throw OAuthError(.invalidClientMetadata, "response_types must contain code")
        }
    }

    // FD-7 and CR-4: always an explicit method; `none` for native clients that named none or an unknown one.
    private static func method(
        _ json: JSONObject,
        policy: Policy,
        redirectURIs: [String],
        isNative: Bool
    ) throws(OAuthError) -> TokenEndpointAuthenticationMethod {
        let declared = try string("token_endpoint_auth_method", in: json)
        if !policy.forcedConfidentialRedirects.isDisjoint(with: redirectURIs) {
            // A client that uses its secret even though it asked for `none`; safe only where no other application can
            // listen.
            guard redirectURIs.allSatisfy({ URIReference($0)?.scheme == "https" }) else {
                throw OAuthError(.invalidRedirectURI, "redirect_uris must all be https for this client")
            }
            return .clientSecretPost
        }
        guard let declared else { return isNative ? .none : .clientSecretBasic }
        if let method = TokenEndpointAuthenticationMethod(rawValue: declared),
            policy.authenticationMethods.contains(method)
        {
            return method
        }
        guard isNative else {
            let offered = policy.authenticationMethods.map(\.rawValue).sorted().joined(separator: ", ")
            throw OAuthError(.invalidClientMetadata, "token_endpoint_auth_method must be one of \(offered)")
        }
        return .none
    }

    // MARK: - Fields

    private static func string(_ field: String, in json: JSONObject) throws(OAuthError) -> String? {
        guard let value = json[field], value != .null else { return nil }
        guard let text = value.stringValue else {
            throw OAuthError(.invalidClientMetadata, "\(field) must be a string")
        }
        return text.isEmpty ? nil : text
    }

    // RFC 9449 §5.2: a security property that cannot be read must not be taken for `false`.
    private static func flag(_ field: String, in json: JSONObject) throws(OAuthError) -> Bool {
        guard let value = json[field], value != .null else { return false }
        guard let flag = value.boolValue else {
            throw OAuthError(.invalidClientMetadata, "\(field) must be true or false")
        }
        return flag
    }

    // MCP SDK 1.30 can send `scope: ""`, which means the same as none.
    private static func scopeSet(_ json: JSONObject) throws(OAuthError) -> ScopeSet? {
        // Some clients send a list, as in `grant_types`; it is the same fact.
        let text: String?
        if let list = json["scope"]?.stringArrayValue, !list.isEmpty {
            text = list.joined(separator: " ")
        } else {
            text = try string("scope", in: json)
        }
        guard let text, !text.isEmpty else { return nil }
        do {
            let scopes = try ScopeSet(parsing: text)
            return scopes.isEmpty ? nil : scopes
        } catch {
            throw OAuthError(.invalidClientMetadata, "scope: \(error.description)")
        }
    }

    // CR-6: this URL is fetched later, so it must be https; nothing is fetched now.
    private static func secureURL(_ field: String, in json: JSONObject) throws(OAuthError) -> String? {
        guard let text = try string(field, in: json) else { return nil }
        guard isSecureURL(text) else { throw OAuthError(.invalidClientMetadata, "\(field) must be an https URL") }
        return text
    }

    private static func isSecureURL(_ text: String) -> Bool {
        guard text.utf8.count <= RedirectURI.byteCountMax, let uri = URIReference(text), uri.scheme == "https",
            let host = uri.host, !host.isEmpty
        else { return false }
        return uri.userInformation == nil
    }

    // C-6: a scope that is never granted would only mislead the client into asking for it.
    private static func answered(_ requested: ScopeSet?, _ policy: Policy) -> ScopeSet? {
        let grantable = policy.grantableScopes.flatMap { known in requested?.filter(known.contains) } ?? requested
        if let grantable, !grantable.isEmpty { return grantable }
        return policy.defaultScopes.isEmpty ? nil : policy.defaultScopes
    }

    // MARK: - Members that are only shown

    // RFC 7591 §2: a server may ignore what it does not use. Clients send a home page on loopback, a relative policy or
    // a numeric version; none of it is worth a refusal, and none of it is kept (CR-6, C-2).
    private static func shownURL(_ field: String, in json: JSONObject) -> String? {
        guard let text = json[field]?.stringValue, isSecureURL(text) else { return nil }
        return text
    }

    private static func shown(_ json: JSONObject) -> [(String, JSONValue)] {
        var kept: [(String, JSONValue)] = ["logo_uri", "tos_uri", "policy_uri"].compactMap { field in
            shownURL(field, in: json).map { (field, .string($0)) }
        }
        if let contacts = json["contacts"]?.stringArrayValue, (1...contactCountMax).contains(contacts.count),
            contacts.allSatisfy(isShortText)
        {
            kept.append(("contacts", .array(contacts.map(JSONValue.string))))
        }
        for field in ["software_id", "software_version"] {
            if let text = json[field]?.stringValue, isShortText(text) { kept.append((field, .string(text))) }
        }
        return kept
    }

    /// The most `contacts` that are kept.
    private static let contactCountMax = 8

    private static func isShortText(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 256
    }

    // Only the keys that we can use, public members only: a private key sent by mistake is not kept.
    private static func embeddedKeySet(_ json: JSONObject) throws(OAuthError) -> JSONObject? {
        guard let value = json["jwks"], value != .null else { return nil }
        // The reason is the same whatever is wrong inside: no usable key. A key that would be slow to verify with is
        // skipped like one of an unknown type.
        guard let object = value.objectValue, let set = try? JSONWebKeySet(object, from: .stranger), !set.keys.isEmpty
        else {
            throw OAuthError(
                .invalidClientMetadata,
                "jwks must be a JWK Set of at most 8 keys, one of them usable (RSA of 2048 to 4096 bits with e 65537)"
            )
        }
        return ["keys": .array(set.keys.map { .object($0.json) })]
    }

    /// A name fit for a page: control, format and direction characters dropped, length bounded (CR-7, D-59).
    package static func displayable(_ text: String) -> String? {
        let kept = text.unicodeScalars.lazy.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
            // Letters that show nothing, such as U+3164 HANGUL FILLER.
            default: !scalar.properties.isDefaultIgnorableCodePoint
            }
        }
        // Scalars are counted, because one character may be a letter with thousands of marks (D-91).
        let name = String(String.UnicodeScalarView(kept.prefix(nameLengthMax)))
        return name.allSatisfy(\.isWhitespace) ? nil : name
    }
}
