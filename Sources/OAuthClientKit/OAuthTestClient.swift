package import OAuthProtocol
import OpenSSLCrypto
package import OutboundHTTP

/// An OAuth client for tests and demonstrations: registers, takes its user through the browser, and exchanges codes and
/// tokens.
///
/// It is lenient and returns every answer as it is, so that refusals can be examined.
public struct OAuthTestClient: Sendable {
    /// An answer with its JSON body.
    public struct Answer: Sendable {
        /// The HTTP status.
        public let status: Int
        /// The header fields.
        package let headerFields: [(name: String, value: String)]
        /// The body, or an empty object when it is not JSON.
        package let json: JSONObject
        /// The body as text.
        public let body: String

        /// A member with a string value.
        public subscript(name: String) -> String? { json[name]?.stringValue }

        /// A member with an integer value.
        public func integer(_ name: String) -> Int? { json[name]?.integerValue }

        /// A member with a Boolean value, such as `active` of an introspection (RFC 7662 §2.2).
        public func boolean(_ name: String) -> Bool? { json[name]?.boolValue }

        /// The `error` member.
        public var error: String? { self["error"] }

        /// The first value of a header field.
        public func header(_ name: String) -> String? {
            headerFields.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    /// The issuer whose endpoints are used.
    public let issuer: String
    /// The client id; empty before registration.
    public var id = ""
    /// The client's secret, if it has one.
    public var secret: String?
    /// The redirect URI.
    public var redirectURI = "http://127.0.0.1:51004/callback"
    /// The PKCE verifier of its requests; a test can change it.
    package var verifier = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ"
    /// The resource that it requests.
    public var resource: String?
    /// The scopes that it requests.
    public var scope: String? = "mcp:read offline_access"
    private let transport: any OutboundTransport

    /// A client of an issuer.
    package init(issuer: String, transport: any OutboundTransport, resource: String?) {
        self.issuer = issuer
        self.transport = transport
        self.resource = resource
    }

    /// Sends a registration request (RFC 7591 §3.1).
    package func register(_ metadata: JSONObject) async throws -> Answer {
        try await send(
            "POST",
            "/oauth/register",
            headerFields: [("content-type", "application/json")],
            body: metadata.serialized()
        )
    }

    /// The parameters of an authorization request; a change of `nil` removes one.
    package func authorizationParameters(_ changes: [String: String?] = [:]) -> [(String, String)] {
        var parameters: [(String, String)] = [
            ("response_type", "code"), ("client_id", id), ("redirect_uri", redirectURI), ("state", "state-123"),
            ("code_challenge", Base64URL.encode(SHA256.hash(verifier).bytes)), ("code_challenge_method", "S256"),
        ]
        if let resource { parameters.append(("resource", resource)) }
        if let scope { parameters.append(("scope", scope)) }
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) {
            parameters.removeAll { $0.0 == name }
            if let value { parameters.append((name, value)) }
        }
        return parameters
    }

    /// The address of an authorization request, which a browser opens; a change of `nil` removes a parameter.
    public func authorizationURL(_ changes: [String: String?] = [:]) -> String {
        issuer + "/oauth/authorize?" + FormParameters.serialize(authorizationParameters(changes))
    }

    /// Sends a token request.
    package func token(_ form: [(String, String)], authorization: String? = nil) async throws -> Answer {
        try await post("/oauth/token", form, authorization: authorization)
    }

    /// Posts a form.
    package func post(
        _ path: String,
        _ form: [(String, String)],
        authorization: String? = nil
    ) async throws -> Answer {
        var fields = [(name: "content-type", value: "application/x-www-form-urlencoded")]
        if let authorization { fields.append(("authorization", authorization)) }
        return try await send(
            "POST",
            path,
            headerFields: fields,
            body: Array(FormParameters.serialize(form).utf8)
        )
    }

    /// Revokes a token as this client (RFC 7009 §2.1).
    public func revoke(_ token: String, _ extra: [(String, String)] = []) async throws -> Answer {
        var form = [("token", token), ("client_id", id)]
        if let secret { form.append(("client_secret", secret)) }
        return try await post("/oauth/revoke", form + extra)
    }

    /// Introspects a token as a resource server (RFC 7662 §2.1).
    public func introspect(_ token: String, as server: (id: String, secret: String)) async throws -> Answer {
        try await post("/oauth/introspect", [("token", token)], authorization: Self.basic(server.id, server.secret))
    }

    /// The form that redeems a code; a change of `nil` removes a parameter.
    package func redemption(_ code: String, _ changes: [String: String?] = [:]) -> [(String, String)] {
        var form = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirectURI), ("client_id", id),
            ("code_verifier", verifier),
        ]
        if let secret { form.append(("client_secret", secret)) }
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) {
            form.removeAll { $0.0 == name }
            if let value { form.append((name, value)) }
        }
        return form
    }

    /// Redeems a code.
    public func redeem(_ code: String, _ changes: [String: String?] = [:]) async throws -> Answer {
        try await token(redemption(code, changes))
    }

    /// Sends a refresh request.
    public func refresh(_ refreshToken: String, _ extra: [(String, String)] = []) async throws -> Answer {
        var form = [("grant_type", "refresh_token"), ("refresh_token", refreshToken), ("client_id", id)]
        if let secret { form.append(("client_secret", secret)) }
        return try await token(form + extra)
    }

    /// Exchanges an access token for an upstream token, as a resource server (RFC 8693 §2.1); a change of `nil` removes
    /// a parameter.
    public func exchange(
        _ accessToken: String,
        audience: String,
        as server: (id: String, secret: String),
        _ changes: [String: String?] = [:]
    ) async throws -> Answer {
        var form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", accessToken),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"), ("audience", audience),
        ]
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) {
            form.removeAll { $0.0 == name }
            if let value { form.append((name, value)) }
        }
        return try await token(form, authorization: Self.basic(server.id, server.secret))
    }

    /// The value of an Authorization header for HTTP Basic.
    package static func basic(_ id: String, _ secret: String) -> String {
        "Basic " + Base64.encode(Array("\(id):\(secret)".utf8))
    }

    /// Sends any request to the issuer, or to an absolute URL, and returns the answer with its body.
    public func send(
        _ method: String,
        _ path: String,
        headerFields: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) async throws -> Answer {
        let response = try await transport.send(
            OutboundRequest(
                method: method,
                url: path.hasPrefix("http") ? path : issuer + path,
                headerFields: headerFields,
                body: body,
                limits: .init(connectTimeout: .seconds(20), totalTimeout: .seconds(60)),
                addressPolicy: .unrestricted
            )
        )
        // A body that is not a JSON object is treated as an empty one; a test then fails at the member that it expects.
        let json = (try? JSONParser.parseObject(response.body)) ?? [:]
        return Answer(
            status: response.status,
            headerFields: response.headerFields.map { ($0.name, $0.value) },
            json: json,
            body: String(decoding: response.body, as: UTF8.self)
        )
    }
}

extension OAuthTestClient {
    /// Continues after the redirect to a provider at any address: signs in and returns.
    package func finish(
        _ page: TestBrowser.Page,
        with browser: TestBrowser,
        issuer: String,
        provider: String,
        as user: String
    ) async throws -> [String: String] {
        try await finish(page, with: browser, issuer: issuer, providers: [provider], as: user)
    }

    /// Continues after the redirect to the first of several providers: signs in at each that the login visits, and
    /// returns the parameters of the answer to the client.
    package func finish(
        _ page: TestBrowser.Page,
        with browser: TestBrowser,
        issuer: String,
        providers: [String],
        as user: String
    ) async throws -> [String: String] {
        let origins = ([issuer] + providers).map { $0 + "/" }
        var page = try await browser.follow(page, within: origins)
        for _ in 0..<4 * providers.count where page.status == 200 {
            guard let action = page.formAction else { break }
            let place = providers.first { page.url.hasPrefix($0 + "/") } ?? providers.first ?? issuer
            let target = action.hasPrefix("http") ? action : place + action
            var form = page.hiddenFields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            // An answer by form_post, which a browser's script submits.
            if target.hasPrefix(issuer + "/oauth/callback/"), page.url.hasPrefix(place + "/") {
                page = try await browser.follow(
                    try await browser.postAcrossSites(target, form: form),
                    within: origins
                )
                continue
            }
            form.append(("user", user))
            page = try await browser.follow(try await browser.post(target, form: form), within: origins)
        }
        return Self.parameters(of: page.header("location") ?? "")
    }

    /// The query parameters of an address.
    package static func parameters(of url: String) -> [String: String] {
        guard let query = URIReference(url)?.query, let form = try? FormParameters(query: query) else { return [:] }
        return Dictionary(form.names.map { ($0, form.values($0).joined(separator: "\u{1}")) }) { $1 }
    }
}
