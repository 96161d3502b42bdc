import AuthorizationServer
public import OAuthClientKit
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration

extension TestServer {
    /// An access token of a user who has logged in, for tests of a resource server: registers a client, and walks
    /// through consent and every provider's sign-in page as a browser does.
    ///
    /// - Parameters:
    ///   - subject: Who signs in, one of the users of the identity providers.
    ///   - scopes: The scopes to request; `nil` for every scope of the resource.
    ///   - claims: Further claims, such as `groups`, or values for those that the server's configuration maps. What the
    ///     server itself decides (`iss`, `sub`, `aud`, `exp`, `iat`, `nbf`, `jti`, `client_id`, `scope`, `tsid`, `cnf`,
    ///     `act`) is refused: the token could say what no server signs. The session is the same one, so that the token
    ///     still retrieves upstream tokens and ends with the session.
    /// - Returns: The JWT.
    /// - Throws: ``AuthorizationRefused`` with what the server or the provider answered; ``HarnessError`` for a claim
    ///   that a test must not set.
    public func issueToken(
        subject: String = "ada",
        scopes: [String]? = nil,
        claims: [String: ClaimValue] = [:]
    ) async throws -> String {
        try IssuedClaims.check(claims)
        var client = try await OAuthTestClient.registered(at: self)
        client.scope = scopes?.joined(separator: " ") ?? server.configuration.resources.first?.scopes.text
        let answer = try await client.tokens(at: self, as: subject)
        guard let token = answer["access_token"] else {
            throw AuthorizationRefused(error: answer.error, reason: answer["error_description"])
        }
        guard !claims.isEmpty else { return token }
        var payload = try TokenParts(token).claims
        payload.apply(claims)
        return try server.keys.current.active.sign(type: SigningKey.accessTokenType, payload: payload.serialized())
    }

    /// An access token for the server's resource without a login, right or with one defect, for tests of what a
    /// verifier refuses.
    ///
    /// It is signed with the server's key. It has no session, so it retrieves no upstream token.
    ///
    /// - Parameters:
    ///   - defect: What is wrong with it; `nil` for a token that every verifier accepts, unless `claims` make it wrong.
    ///   - subject: `sub`.
    ///   - scopes: The scopes; `nil` for every scope of the resource.
    ///   - claims: Claims to add, to replace (a list of audiences, a foreign `client_id`) or, with `nil`, to remove.
    ///     One that `defect` itself sets is refused, because one of the two would be lost.
    /// - Returns: The JWT.
    /// - Throws: ``HarnessError`` for a claim that contradicts the defect; an error when it cannot be signed.
    public func mint(
        _ defect: TokenMint.Defect? = nil,
        subject: String = "test-user",
        scopes: [String]? = nil,
        claims: [String: ClaimValue] = [:]
    ) throws -> String {
        let scopes = scopes ?? server.configuration.resources.first?.scopes.tokens ?? []
        var payload: JSONObject = [
            "iss": .string(issuer), "sub": .string(subject), "aud": .string(resourceURI), "client_id": "test-client",
            "jti": .string(Base64URL.encode(SystemRandomSource().bytes(16))), "iat": .integer(now),
            "exp": .integer(now + 3600),
        ]
        if !scopes.isEmpty { payload["scope"] = .string(scopes.joined(separator: " ")) }
        if let defect, let name = defect.claims.sorted().first(where: { claims[$0] != nil }) {
            throw HarnessError("the claim \(name) is what the defect \(defect.rawValue) changes; give one of them")
        }
        payload.apply(claims)
        return try TokenMint(key: server.keys.current.active).token(payload, defect: defect, now: clock.now())
    }
}

/// Which claims a test may put into a token that is otherwise right.
enum IssuedClaims {
    /// What the server decides, each with what a test writes instead.
    private static let own = [
        "iss": "use mint(.wrongIssuer)", "sub": "use subject:", "aud": "use Options.resource, or mint(.wrongAudience)",
        "exp": "use Options.accessTokenLifetime, expireAccessTokens() or mint(.expired)",
        "iat": "use Options.start or advance(by:)", "nbf": "use mint(.notYetValid)",
        "jti": "use mint(claims:)", "client_id": "use OAuthTestClient, or mint(claims:)", "scope": "use scopes:",
        "tsid": "it names the session", "cnf": "it is the key of a DPoP client", "act": "use mint(claims:)",
    ]

    static func check(_ claims: [String: ClaimValue]) throws(HarnessError) {
        for name in claims.keys.sorted() {
            if let remedy = own[name] { throw HarnessError("the server decides the claim \(name); \(remedy)") }
        }
    }
}
