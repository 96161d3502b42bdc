import AuthorizationServer
public import OAuthClientKit
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration

extension TestServer {
    /// An access token for the server's resource without a login, right or with one defect, for tests of what a
    /// verifier refuses.
    ///
    /// It is signed with the server's key. It has no session, so it retrieves no upstream token.
    ///
    /// - Parameters:
    ///   - defect: What is wrong with it; `nil` for a token that every verifier accepts.
    ///   - subject: `sub`.
    ///   - scopes: The scopes; `nil` for every scope of the resource.
    /// - Returns: The JWT.
    /// - Throws: An error when it cannot be signed.
    public func mint(
        _ defect: TokenMint.Defect? = nil,
        subject: String = "test-user",
        scopes: [String]? = nil
    ) throws -> String {
        let scopes = scopes ?? server.configuration.resources.first?.scopes.tokens ?? []
        var claims: JSONObject = [
            "iss": .string(issuer), "sub": .string(subject), "aud": .string(resourceURI), "client_id": "test-client",
            "jti": .string(Base64URL.encode(SystemRandomSource().bytes(16))), "iat": .integer(now),
            "exp": .integer(now + 3600),
        ]
        if !scopes.isEmpty { claims["scope"] = .string(scopes.joined(separator: " ")) }
        return try TokenMint(key: server.keys.current.active).token(claims, defect: defect, now: clock.now())
    }
}
