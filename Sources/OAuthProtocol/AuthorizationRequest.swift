import Foundations
package import OpenSSLCrypto

/// RFC 6749 §4.1.1: an authorization request whose parameters have all been checked.
package struct AuthorizationRequest: Hashable, Sendable {
    /// The client that asks.
    package var clientID: String
    /// The destination of the answer: the requested redirect URI, or the only registered one.
    package var redirectURI: String
    /// `state`, to be echoed byte for byte (AZ-13).
    package var state: String?
    /// RFC 7636: the PKCE challenge.
    package var codeChallenge: CodeChallenge
    /// The scopes to be granted: the request narrowed to what the resource and the client allow.
    package var scopes: ScopeSet
    /// The resource of the tokens, in its registered spelling.
    package var resource: String
    /// OpenID Connect Core 1.0 §3.1.2.1: goes into the ID token.
    package var nonce: String?
    /// OpenID Connect Core 1.0 §3.1.2.1: `prompt`, split.
    package var prompts: Set<String>
    /// OpenID Connect Core 1.0 §3.1.2.1: `max_age` in seconds.
    package var maximumAgeSeconds: Int?
    /// OpenID Connect Core 1.0 §3.1.2.1: a hint for the upstream login page.
    package var loginHint: String?
    /// OpenID Connect Core 1.0 §3.1.2.1: requested authentication contexts.
    package var authenticationContexts: String?
    /// What the user is asked to trust, if the client is known by a metadata document, which may change (CM-10, D-89).
    package var clientFingerprint: SHA256Digest?
    /// RFC 8628 §3.3: the device that the answer is for, in place of the redirect URI.
    package var device: DeviceRequest?
    /// RFC 9126 §2.2: the push that the request came with, which completes one login only.
    package var push: AuthorizationPush?
    /// The optional upstreams that the user left out on the consent page.
    package var declinedUpstreams: Set<String> = []
    /// RFC 9449 §10, `dpop_jkt`: the key whose holder alone can redeem the code.
    package var boundKey: KeyThumbprint?

    /// A request with the given parts, as a sealed consent ticket restores it.
    package init(
        clientID: String,
        redirectURI: String,
        state: String?,
        codeChallenge: CodeChallenge,
        scopes: ScopeSet,
        resource: String,
        nonce: String? = nil,
        prompts: Set<String> = [],
        maximumAgeSeconds: Int? = nil,
        loginHint: String? = nil,
        authenticationContexts: String? = nil,
        clientFingerprint: SHA256Digest? = nil
    ) {
        self.clientID = clientID
        self.redirectURI = redirectURI
        self.state = state
        self.codeChallenge = codeChallenge
        self.scopes = scopes
        self.resource = resource
        self.nonce = nonce
        self.prompts = prompts
        self.maximumAgeSeconds = maximumAgeSeconds
        self.loginHint = loginHint
        self.authenticationContexts = authenticationContexts
        self.clientFingerprint = clientFingerprint
    }
}

/// RFC 9126 §2.2: names what a client has pushed.
package struct AuthorizationPush: Hashable, Sendable {
    /// Names the push, which is completed once.
    package let id: SHA256Digest
    /// When its reference ends; the same for all logins that it starts.
    package let expiry: Timestamp

    /// The push with this name.
    package init(id: SHA256Digest, expiry: Timestamp) {
        self.id = id
        self.expiry = expiry
    }
}

/// RFC 6749 §4.1.2.1: an error before the redirect URI is verified, so the user gets a page and no redirect.
package struct AuthorizationPageError: Error, Hashable, Sendable {
    /// The class of the problem; the page explains each in its own words.
    package enum Problem: Hashable, Sendable {
        case malformedQuery
        case duplicateParameter(String)
        case missingClient
        case unknownClient
        case missingRedirectURI
        case unregisteredRedirectURI
        /// The client's metadata document could not be fetched (CM-6), with the class of the reason.
        case clientMetadataUnavailable(String)
        /// The client's URL or its metadata document breaks a rule (CM-1, CM-3).
        case clientMetadataUnacceptable(String)
        /// Too many metadata documents were requested (CM-7).
        case clientMetadataThrottled
        /// It cannot be looked up now whether the client is registered (TK-16).
        case temporarilyUnavailable
        /// RFC 9126 §4: the reference to a pushed request is expired, another client's, or not ours.
        case unknownRequestURI
    }

    /// The class of the problem.
    package let problem: Problem

    /// A problem for the user's page.
    package init(_ problem: Problem) {
        self.problem = problem
    }
}

/// RFC 6749 §4.1.1 and §4.1.2.1: the checks of an authorization request, in order.
///
/// Syntax, then client, then redirect URI; only after these may an error be sent by redirect (RFC 9700 §4.11).
package struct AuthorizationRequestCheck {
    private let parameters: FormParameters

    /// The longest `state` and `nonce`, in bytes (AZ-13).
    package static let stateByteCountMax = 2048

    /// Reads the query of a request.
    ///
    /// - Throws: ``AuthorizationPageError`` when it is not well-formed.
    package init(query: String?) throws(AuthorizationPageError) {
        do { parameters = try FormParameters(query: query ?? "") } catch {
            throw AuthorizationPageError(.malformedQuery)
        }
    }

    /// `request_uri`, which may refer to a pushed request (RFC 9126 §4).
    package func requestURI() throws(AuthorizationPageError) -> String? {
        try unredirectable("request_uri")
    }

    /// The `client_id` of the request (AZ-2; D-9: a duplicate is never redirected).
    package func clientID() throws(AuthorizationPageError) -> String {
        guard let clientID = try unredirectable("client_id") else { throw AuthorizationPageError(.missingClient) }
        // Ids are ASCII: Swift would find a look-alike of canonically equivalent characters under the same dictionary
        // key.
        guard clientID.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw AuthorizationPageError(.unknownClient)
        }
        return clientID
    }

    /// The verified redirect URI: requested and registered, or the only registered one if none is sent (AZ-3…6).
    package func redirectURI(of client: Client) throws(AuthorizationPageError) -> String {
        guard let requested = try unredirectable("redirect_uri") else {
            guard client.redirectURIs.count == 1, let only = client.redirectURIs.first else {
                throw AuthorizationPageError(.missingRedirectURI)
            }
            return only
        }
        guard Self.isRegistered(requested, by: client) else {
            throw AuthorizationPageError(.unregisteredRedirectURI)
        }
        return requested
    }

    /// Whether a client may be answered at this address: one that it registered, in a form that its program uses.
    package static func isRegistered(_ redirectURI: String, by client: Client) -> Bool {
        RedirectURI.match(redirectURI, among: client.redirectURIs)
            || client.redirectURIs.contains { KnownProgram.matches(requested: redirectURI, registered: $0) }
    }

    /// `state` for an error redirect; `nil` when absent, repeated or too long.
    package var state: String? {
        // A repeated value is not echoed; `request` reports the error.
        guard let state = try? parameters.single("state") else { return nil }
        return state.utf8.count <= Self.stateByteCountMax ? state : nil
    }

    /// The checks whose errors are redirected, in order: duplicates, response type and mode, PKCE, scope, resource.
    ///
    /// - Throws: ``OAuthError`` for the verified redirect URI.
    package func request(
        client: Client,
        redirectURI: String,
        resources: ResourceCatalogue,
        scopePolicy: ScopePolicy
    ) throws(OAuthError) -> AuthorizationRequest {
        try refuseDuplicates()
        try refuseRequestObjects()
        try checkResponseType()
        let challenge = try CodeChallenge(
            challenge: value("code_challenge"),
            method: value("code_challenge_method")
        )
        guard client.grantTypes.contains(.authorizationCode) else {
            throw OAuthError(.unauthorizedClient, "this client is not registered for the authorization code grant")
        }
        let resource = try resources.resource(requested: parameters.values("resource"))
        let requestedScopes = try value("scope").map { (text) throws(OAuthError) in try ScopeSet(parsing: text) }
        let scopes = try scopePolicy.authorizable(requested: requestedScopes, resource: resource, client: client)
        var request = AuthorizationRequest(
            clientID: client.id,
            redirectURI: redirectURI,
            state: try bounded("state"),
            codeChallenge: challenge,
            scopes: scopes,
            resource: resource.uri,
            nonce: try bounded("nonce"),
            prompts: try prompts(),
            maximumAgeSeconds: try maximumAge(),
            loginHint: try bounded("login_hint"),
            authenticationContexts: try bounded("acr_values"),
            clientFingerprint: client.documentFingerprint
        )
        request.boundKey = try boundKey()
        return request
    }

    // RFC 9449 §10: a key that cannot be read must not leave the code without any.
    private func boundKey() throws(OAuthError) -> KeyThumbprint? {
        guard let text = value("dpop_jkt") else { return nil }
        guard let key = KeyThumbprint(text) else {
            throw OAuthError(.invalidRequest, "dpop_jkt must be the base64url of a SHA-256 key thumbprint")
        }
        return key
    }

    private static let singleParameters: Set<String> = [
        "client_id", "redirect_uri", "response_type", "response_mode", "state", "scope", "code_challenge",
        "code_challenge_method", "nonce", "prompt", "max_age", "login_hint", "acr_values", "request", "request_uri",
        "display", "ui_locales", "id_token_hint", "claims", "dpop_jkt", "authorization_details",
    ]

    // MARK: - Single checks

    // OAuth 2.1 §3.1: a parameter must not repeat (D-9). `resource` may (RFC 8707 §2), and unknown parameters are
    // ignored however often they occur (AZ-1).
    private func refuseDuplicates() throws(OAuthError) {
        let duplicated = parameters.duplicatedNames.filter(Self.singleParameters.contains)
        if let name = duplicated.first {
            throw OAuthError(.invalidRequest, "parameter \(name) is repeated")
        }
    }

    // RFC 9101 is not supported, and a request_uri is never fetched (AZ-21).
    private func refuseRequestObjects() throws(OAuthError) {
        if value("request") != nil {
            throw OAuthError(.requestNotSupported, "request objects are not supported")
        }
        if value("request_uri") != nil {
            throw OAuthError(.requestURINotSupported, "request_uri is not supported")
        }
    }

    private func checkResponseType() throws(OAuthError) {
        guard let responseType = value("response_type") else {
            throw OAuthError(.invalidRequest, "response_type is required")
        }
        guard responseType == "code" else {
            throw OAuthError(.unsupportedResponseType, "response_type must be code")
        }
        guard value("response_mode") ?? "query" == "query" else {
            throw OAuthError(.invalidRequest, "response_mode must be query")
        }
    }

    private func prompts() throws(OAuthError) -> Set<String> {
        let prompts = Set((value("prompt") ?? "").split(separator: " ").map(String.init))
        // OpenID Connect Core 1.0 §3.1.2.1: `none` together with another value is an error.
        guard !prompts.contains("none") || prompts.count == 1 else {
            throw OAuthError(.invalidRequest, "prompt none must not be combined with other values")
        }
        return prompts
    }

    private func maximumAge() throws(OAuthError) -> Int? {
        guard let text = value("max_age") else { return nil }
        guard let seconds = Int(text), seconds >= 0, text.utf8.allSatisfy(\.isASCIIDigit) else {
            throw OAuthError(.invalidRequest, "max_age must be a number of seconds")
        }
        return seconds
    }

    private func bounded(_ name: String) throws(OAuthError) -> String? {
        guard let text = value(name) else { return nil }
        guard text.utf8.count <= Self.stateByteCountMax else {
            throw OAuthError(.invalidRequest, "\(name) is longer than \(Self.stateByteCountMax) bytes")
        }
        return text
    }

    // An empty value is treated as absent (AZ-1).
    private func value(_ name: String) -> String? {
        parameters.values(name).first
    }

    private func unredirectable(_ name: String) throws(AuthorizationPageError) -> String? {
        do { return try parameters.single(name) } catch { throw AuthorizationPageError(.duplicateParameter(name)) }
    }
}
