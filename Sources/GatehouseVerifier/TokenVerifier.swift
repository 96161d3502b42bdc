import OAuthProtocol

/// RFC 9068 §4: verifies the access tokens of one resource, for servers on Hummingbird, Vapor, swift-nio or the MCP
/// SDK.
///
/// It uses no network of its own: ``init(issuer:resource:skewSeconds:fetch:)`` takes a closure that sends a request.
/// The key set is kept for an hour and read again when a token names a key that is not in it, at most six times a
/// minute, so that forged names cause no flood of requests. What ends before its time is refused with a
/// ``RevocationFeed``; copies of a verifier share what is known.
public struct TokenVerifier: Sendable {
    /// The authorization server, exactly as its metadata spells it.
    public let issuer: String
    /// This server's URI, the `aud` of its tokens.
    public let resource: String
    private let skewSeconds: Int
    let keys: KeySource
    /// What a ``RevocationFeed`` says has ended; empty without one.
    let revoked = RevokedTokens()

    /// A verifier that reads the published keys with `fetch`.
    ///
    /// - Parameters:
    ///   - issuer: The authorization server's issuer.
    ///   - resource: This server's URI.
    ///   - skewSeconds: How much the clocks may differ, 0 to 600.
    ///   - fetch: Returns the body of a GET request that was answered with 200, and throws otherwise.
    public init(
        issuer: String,
        resource: String,
        skewSeconds: Int = 5,
        fetch: @escaping @Sendable (_ url: String) async throws -> [UInt8]
    ) {
        self.issuer = issuer
        self.resource = resource
        self.skewSeconds = min(max(0, skewSeconds), 600)
        keys = KeySource(issuer: issuer, fetch: fetch)
    }

    /// The verified token.
    ///
    /// - Parameters:
    ///   - token: The text behind `Bearer `.
    ///   - scopes: The scopes that the request needs.
    ///   - now: The time, in seconds since 1970.
    /// - Returns: What the token says.
    /// - Throws: ``VerificationError``.
    public func verify(
        _ token: String,
        scopes: [String] = [],
        now: Int64
    ) async throws(VerificationError) -> AccessToken {
        let name = try TokenRules.keyName(token)
        return try rules(try await keys.keys(with: name, now: now)).verify(token, scopes: scopes, now: now)
    }

    private func rules(_ keys: JSONWebKeySet) -> TokenRules {
        TokenRules(issuer: issuer, audience: resource, skewSeconds: skewSeconds, keys: keys, revoked: revoked)
    }

    // MARK: - What a server says about itself

    /// The path of the protected-resource metadata (RFC 9728 §3.1).
    public var metadataPath: String {
        "/.well-known/oauth-protected-resource" + (URIReference(resource)?.path.trimmingLastSlash ?? "")
    }

    /// The protected-resource metadata (RFC 9728 §2), as JSON.
    public func resourceMetadata(scopes: [String] = []) -> [UInt8] {
        var json: JSONObject = [
            "resource": .string(resource), "authorization_servers": .strings([issuer]),
            "bearer_methods_supported": ["header"],
        ]
        if !scopes.isEmpty { json["scopes_supported"] = .strings(scopes) }
        return json.serialized()
    }

    /// The value of `WWW-Authenticate` for an error; `nil` for a request without a token (RFC 6750 §3.1).
    public func challenge(_ error: VerificationError?) -> String {
        var parts: [String] = []
        switch error {
        case .invalidToken: parts.append("error=\"invalid_token\"")
        case .insufficientScope(let required):
            parts += ["error=\"insufficient_scope\"", "scope=\"\(required.joined(separator: " "))\""]
        case .unavailable, nil: break
        }
        let port = URIReference(resource)?.port.map { ":\($0)" } ?? ""
        let origin = URIReference(resource).map { "\($0.scheme)://\($0.host ?? "")\(port)" } ?? ""
        parts.append("resource_metadata=\"\(origin)\(metadataPath)\"")
        return "Bearer " + parts.joined(separator: ", ")
    }
}

extension String {
    fileprivate var trimmingLastSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}
