import OAuthProtocol
import Testing

/// RFC 6749 §4.1.1 and §4.1.2.1: the checks of an authorization request, in their order.
@Suite("RFC 6749 §4.1.1: authorization requests")
struct AuthorizationRequestTests {
    private static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    private static let complete = [
        ("response_type", "code"), ("client_id", "dcr_1"), ("redirect_uri", "http://127.0.0.1:51004/cb"),
        ("code_challenge", challenge), ("code_challenge_method", "S256"), ("state", "xyz"), ("scope", "mcp:read"),
        ("resource", "https://mcp.example.com/mcp"),
    ]

    private func client(
        _ redirectURIs: [String] = ["http://127.0.0.1/cb"],
        grants: Set<GrantType> = [.authorizationCode]
    )
        -> Client
    {
        Client(
            id: "dcr_1",
            kind: .dynamic,
            redirectURIs: redirectURIs,
            grantTypes: grants,
            authenticationMethods: [.none],
            issuedAt: Timestamp(secondsSinceEpoch: 0)
        )
    }

    private let resources = ResourceCatalogue([
        ProtectedResource(
            uri: "https://mcp.example.com/mcp",
            scopes: ScopeSet(["mcp:read", "mcp:write"]),
            upstreams: [],
            clientID: nil
        )
    ])

    /// The query of a complete request with some parameters replaced; `nil` leaves one out.
    private func query(_ changes: [(String, String?)] = [], adding extra: String = "") -> String {
        var parameters: [(String, String)] = []
        for (name, value) in Self.complete {
            guard let change = changes.first(where: { $0.0 == name }) else {
                parameters.append((name, value))
                continue
            }
            if let replacement = change.1 {
                parameters.append((name, replacement))
            }
        }
        for (name, value) in changes where !Self.complete.contains(where: { $0.0 == name }) {
            parameters.append((name, value ?? ""))
        }
        return FormParameters.serialize(parameters) + extra
    }

    /// Runs every check in its order.
    private func check(_ query: String?, client: Client? = nil) throws -> AuthorizationRequest {
        let check = try AuthorizationRequestCheck(query: query)
        let client = client ?? self.client()
        _ = try check.clientID()
        let redirectURI = try check.redirectURI(of: client)
        return try check.request(
            client: client,
            redirectURI: redirectURI,
            resources: resources,
            scopePolicy: ScopePolicy(supported: ScopeSet(["openid", "offline_access", "mcp:read", "mcp:write"]))
        )
    }

    private func problem(_ query: String?, client: Client? = nil) -> AuthorizationPageError.Problem? {
        do {
            _ = try check(query, client: client)
            return nil
        } catch {
            return (error as? AuthorizationPageError)?.problem
        }
    }

    private func redirectable(_ query: String, client: Client? = nil) -> OAuthError.Code? {
        do {
            _ = try check(query, client: client)
            return nil
        } catch {
            return (error as? OAuthError)?.code
        }
    }

    // MARK: - Acceptance

    @Test("a complete request is read as it was sent")
    func accepted() throws {
        let request = try check(
            query([
                ("nonce", "n-0S6_WzA2Mj"), ("prompt", "consent login"), ("max_age", "0"), ("login_hint", "a@b"),
                ("acr_values", "x y"), ("unknown", "ignored"),
            ])
        )
        #expect(request.clientID == "dcr_1")
        #expect(request.redirectURI == "http://127.0.0.1:51004/cb")
        #expect(request.state == "xyz")
        #expect(request.codeChallenge.text == Self.challenge)
        #expect(request.scopes.text == "mcp:read")
        #expect(request.resource == "https://mcp.example.com/mcp")
        #expect(request.nonce == "n-0S6_WzA2Mj")
        #expect(request.prompts == ["consent", "login"])
        #expect(request.maximumAgeSeconds == 0)
        #expect(request.loginHint == "a@b")
        #expect(request.authenticationContexts == "x y")
    }

    @Test("FD-5, FD-2: without scope, resource, state and the rest, the defaults hold")
    func minimal() throws {
        let request = try check(query([("scope", nil), ("resource", nil), ("state", nil)]))
        #expect(request.scopes.text == "mcp:read mcp:write")
        #expect(request.resource == "https://mcp.example.com/mcp")
        #expect(request.state == nil && request.nonce == nil && request.maximumAgeSeconds == nil)
        #expect(request.prompts.isEmpty)
    }

    @Test("AZ-1: an empty value is the same as none")
    func emptyValues() throws {
        let request = try check(
            query([("scope", ""), ("resource", ""), ("state", ""), ("prompt", ""), ("max_age", "")])
        )
        #expect(request.state == nil)
        #expect(request.scopes.text == "mcp:read mcp:write")
        #expect(problem(query([("client_id", "")])) == .missingClient)
        #expect(redirectable(query([("code_challenge", "")])) == .invalidRequest)
        #expect(redirectable(query([("response_type", "")])) == .invalidRequest)
    }

    @Test("AZ-13: the same request twice is the same: nothing is consumed")
    func idempotent() throws {
        #expect(try check(query()) == check(query()))
    }

    @Test(
        "AZ-13: state comes through unchanged",
        arguments: ["a b+c&d=e%", "é𝄞\u{202E}", "\r\n\u{0}", "'\"<>\\", "x=y#z"]
    )
    func state(state: String) throws {
        #expect(try check(query([("state", state)])).state == state)
        #expect(try AuthorizationRequestCheck(query: query([("state", state)])).state == state)
    }

    @Test("AZ-13: state has at most 2 KiB; a longer one is an error that does not echo it")
    func longState() throws {
        let fits = String(repeating: "s", count: 2048)
        #expect(try check(query([("state", fits)])).state == fits)
        #expect(redirectable(query([("state", fits + "s")])) == .invalidRequest)
        #expect(try AuthorizationRequestCheck(query: query([("state", fits + "s")])).state == nil)
    }

    // MARK: - Page errors

    @Test("AZ-2, D-2: a missing client is reported to the user, whatever else is wrong")
    func missingClient() {
        #expect(problem(query([("client_id", nil)])) == .missingClient)
        #expect(problem(nil) == .missingClient)
        #expect(problem("") == .missingClient)
        #expect(
            problem(query([("client_id", nil), ("redirect_uri", "https://evil"), ("response_type", "x")]))
                == .missingClient
        )
    }

    @Test(
        "AZ-2: an id that is not printable ASCII is unknown",
        arguments: ["dcr_\u{212A}", "dcr 1", "dcr_1\n", "dcr_1\u{0}", "é"]
    )
    func unprintableClient(id: String) {
        #expect(problem(query([("client_id", id)])) == .unknownClient)
    }

    @Test("AZ-3, D-1: a redirect URI that is not registered is reported to the user, never redirected to")
    func unregisteredRedirectURI() {
        for uri in [
            "https://evil/cb", "http://127.0.0.1:1/cb/", "http://localhost:1/cb", "http://127.0.0.1:1/cb#", "x",
        ] {
            #expect(problem(query([("redirect_uri", uri)])) == .unregisteredRedirectURI)
            // Also when something redirectable is wrong too: the order of the checks.
            #expect(problem(query([("redirect_uri", uri), ("response_type", "token")])) == .unregisteredRedirectURI)
        }
    }

    @Test("AZ-3: an absent redirect URI is the only registered one; of several, none")
    func absentRedirectURI() throws {
        let absent = query([("redirect_uri", nil)])
        #expect(try check(absent).redirectURI == "http://127.0.0.1/cb")
        #expect(problem(absent, client: client(["https://a/cb", "https://b/cb"])) == .missingRedirectURI)
        #expect(problem(absent, client: client([])) == .missingRedirectURI)
    }

    @Test(
        "AZ-1, D-9: a repeated client_id or redirect_uri is reported to the user",
        arguments: ["client_id", "redirect_uri"]
    )
    func repeatedBeforeVerification(name: String) {
        for value in ["", "dcr_1", "http://127.0.0.1:51004/cb", "x"] {
            #expect(problem(query(adding: "&\(name)=\(PercentEncoding.encode(value))")) == .duplicateParameter(name))
        }
        #expect(problem(query(adding: "&\(name.replacing("_", with: "%5F"))=x")) == .duplicateParameter(name))
    }

    @Test(
        "AZ-1: a query that is not well-formed is reported to the user",
        arguments: ["%", "a=%zz", "a=%FF", "%C0%AF=1"]
    )
    func malformed(text: String) {
        #expect(problem(text) == .malformedQuery)
        #expect(problem(query(adding: "&" + text)) == .malformedQuery)
    }

    @Test("D-74: a hundred parameters, no more")
    func tooManyParameters() {
        #expect(problem(query(adding: String(repeating: "&a", count: 200))) == .malformedQuery)
    }

    // MARK: - Redirectable errors

    @Test(
        "AZ-1, D-9: any other repeated parameter is invalid_request, with equal and empty values too",
        arguments: ["state", "code_challenge", "code_challenge_method", "scope", "response_type", "nonce", "prompt"]
    )
    func repeated(name: String) throws {
        let present = query([(name, "S256")])
        for value in ["S256", "other", ""] {
            #expect(redirectable(present + "&\(name)=\(value)") == .invalidRequest)
        }
        #expect(redirectable(query([(name, "")]) + "&\(name)=x") == .invalidRequest)
    }

    @Test("D-9: a repeated state is not echoed, not even when one of the two is empty")
    func repeatedState() throws {
        for extra in ["&state=other", "&state=", "&state=xyz"] {
            #expect(try AuthorizationRequestCheck(query: query(adding: extra)).state == nil)
        }
        #expect(try AuthorizationRequestCheck(query: "state=&state=x").state == nil)
    }

    @Test("RI-2: a repeated resource is one request for one resource")
    func repeatedResource() {
        let same = "&resource=" + PercentEncoding.encode("https://MCP.example.com/mcp")
        #expect(redirectable(query(adding: same)) == nil)
        #expect(redirectable(query(adding: "&resource=https%3A%2F%2Fother")) == .invalidTarget)
    }

    @Test(
        "every wrong value has its error",
        arguments: [
            // AZ-7, AZ-8, AZ-9, AZ-10, D-12
            ("code_challenge", String?.none, OAuthError.Code.invalidRequest),
            ("code_challenge", "short", .invalidRequest),
            ("code_challenge_method", nil, .invalidRequest), ("code_challenge_method", "plain", .invalidRequest),
            ("code_challenge_method", "s256", .invalidRequest),
            // AZ-11, D-11
            ("response_type", nil, .invalidRequest), ("response_type", "token", .unsupportedResponseType),
            ("response_type", "id_token", .unsupportedResponseType),
            ("response_type", "code token", .unsupportedResponseType),
            ("response_type", "CODE", .unsupportedResponseType), ("response_type", "none", .unsupportedResponseType),
            // AZ-12
            ("response_mode", "fragment", .invalidRequest), ("response_mode", "form_post", .invalidRequest),
            ("response_mode", "query", nil), ("response_mode", "", nil),
            // AZ-21
            ("request", "eyJ", .requestNotSupported), ("request_uri", "https://evil/x", .requestURINotSupported),
            ("request_uri", "urn:ietf:params:oauth:request_uri:x", .requestURINotSupported),
            // 0.2
            ("scope", "nothing known", nil), ("scope", "a\"b", .invalidScope), ("scope", "mcp:read x", nil),
            // RI-1, D-45
            ("resource", "https://evil.example", .invalidTarget),
            ("resource", "https://mcp.example.com/mcp#f", .invalidTarget),
            ("resource", "mcp", .invalidTarget),
            // AZ-19
            ("prompt", "none", nil), ("prompt", "none login", .invalidRequest), ("prompt", "consent", nil),
            ("prompt", "create", nil), ("max_age", "-1", .invalidRequest), ("max_age", "1.5", .invalidRequest),
            ("max_age", "+1", .invalidRequest), ("max_age", "x", .invalidRequest),
            ("max_age", "99999999999999999999", .invalidRequest),
            ("max_age", "٣", .invalidRequest), ("ui_locales", "de fr", nil), ("display", "popup", nil),
        ] as [(String, String?, OAuthError.Code?)]
    )
    func wrongValues(name: String, value: String?, expected: OAuthError.Code?) {
        #expect(redirectable(query([(name, value)])) == expected)
        #expect(problem(query([(name, value)])) == nil)
    }

    @Test("a client without the code grant is refused with this reason")
    func grantNotAllowed() {
        #expect(redirectable(query(), client: client(grants: [.clientCredentials])) == .unauthorizedClient)
    }

    @Test("the checks come in their order: duplicates, request objects, response type, PKCE, grant, resource, scope")
    func order() {
        var wrong: [(String, String?)] = [
            ("scope", "no\"thing"), ("resource", "https://evil.example"), ("code_challenge", nil),
            ("response_type", "token"),
            ("request", "x"),
        ]
        #expect(redirectable(query(wrong, adding: "&state=2")) == .invalidRequest)
        let expected: [OAuthError.Code] = [
            .requestNotSupported, .unsupportedResponseType, .invalidRequest, .invalidTarget, .invalidScope,
        ]
        for code in expected {
            #expect(redirectable(query(wrong)) == code)
            _ = wrong.popLast()
        }
        #expect(redirectable(query(wrong)) == nil)
    }

    @Test("AZ-1, RS-1: a repeated unknown parameter is ignored, so its name reaches no description")
    func hostileNames() throws {
        let request = try check(query(adding: "&%22scope%3Dadmin%5C=1&%22scope%3Dadmin%5C=2"))
        #expect(request == (try check(query(adding: ""))))
    }
}
