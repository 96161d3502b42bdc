import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OpenSSLCrypto
import Testing

/// A client of an OpenID provider: asks for `openid`, and checks ID tokens with the published keys.
enum OpenIDScene {
    static let scope = "openid profile email mcp:read offline_access"

    static func client(at server: TestServer, scope: String? = scope) async throws -> OAuthTestClient {
        var client = try await OAuthTestClient.registered(at: server)
        client.scope = scope
        return client
    }

    /// The claims of an ID token that the published keys verify as RS256.
    static func claims(of token: String, at server: TestServer) async throws -> JSONObject {
        let keys = try await keySet(at: server)
        return try JSONWebToken.verified(token, keys: keys, algorithms: [.rs256], types: ["JWT"])
    }

    static func keySet(at server: TestServer) async throws -> JSONWebKeySet {
        let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
        return try JSONWebKeySet(parsing: try await client.send("GET", "/.well-known/jwks.json").json.serialized())
    }

    /// The claims of an access token, whose signature is not the question here.
    static func claims(ofAccessToken token: String) throws -> JSONObject {
        try JSONWebToken.unverifiedClaims(of: try CompactJWS(parsing: token))
    }

    static func userInfo(
        _ token: String?,
        at server: TestServer,
        method: String = "GET",
        path: String = "/oauth/userinfo"
    ) async throws -> OAuthTestClient.Answer {
        let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
        let fields = token.map { [(name: "authorization", value: "Bearer \($0)")] } ?? []
        return try await client.send(method, path, headerFields: fields)
    }
}
