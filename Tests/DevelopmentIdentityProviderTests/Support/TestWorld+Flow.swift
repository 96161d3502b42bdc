import DevelopmentIdentityProvider
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

/// The usual flow in steps, each of which a test can do differently.
extension TestWorld {
    static let verifier = String(repeating: "v", count: 43)
    static let basic = (name: "Authorization", value: "Basic " + Base64.encode(Array("gatehouse:s3cret".utf8)))

    static var challenge: String {
        Base64URL.encode(SHA256.hash(verifier).bytes)
    }

    static var authorizationQuery: [(String, String)] {
        [
            ("response_type", "code"), ("client_id", "gatehouse"), ("redirect_uri", redirectURI),
            ("scope", "openid profile email offline_access"), ("state", "st4te"), ("nonce", "n0nce"),
            ("code_challenge", challenge), ("code_challenge_method", "S256"),
        ]
    }

    /// The authorization request with other values; `nil` leaves a parameter out.
    static func authorizationQuery(_ changes: [String: String?]) -> [(String, String)] {
        var query = authorizationQuery.filter { !changes.keys.contains($0.0) }
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) {
            if let value { query.append((name, value)) }
        }
        return query
    }

    /// A code for Ada.
    func code(_ changes: [String: String?] = [:]) async throws -> String {
        let answer = try await get(.authorization, query: TestWorld.authorizationQuery(changes))
        return try #require(try answer.redirectParameters().values("code").first)
    }

    func redeem(_ code: String, _ changes: [String: String?] = [:]) async throws -> OutboundResponse {
        var form = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", TestWorld.redirectURI),
            ("code_verifier", TestWorld.verifier),
        ].filter { !changes.keys.contains($0.0) }
        for (name, value) in changes { if let value { form.append((name, value)) } }
        return try await post(.token, form, fields: [TestWorld.basic])
    }

    func refresh(_ token: String, fields: [(name: String, value: String)] = [basic]) async throws -> OutboundResponse {
        try await post(.token, [("grant_type", "refresh_token"), ("refresh_token", token)], fields: fields)
    }

    /// The answer to a whole sign-in.
    func signIn(_ changes: [String: String?] = [:]) async throws -> JSONObject {
        let answer = try await redeem(try await code(changes))
        #expect(answer.status == 200, "\(answer.text)")
        return try answer.json()
    }

    func userInfo(_ accessToken: String, on endpoint: EndpointName = .userInfo) async throws -> OutboundResponse {
        try await get(endpoint, fields: [("Authorization", "Bearer " + accessToken)])
    }

    /// The claims of an ID token, verified with the published keys.
    func verified(_ token: String?) async throws -> JSONObject {
        let keys = try JSONWebKeySet(parsing: try await get(.keySet).body)
        return try JSONWebToken.verified(try #require(token), keys: keys, algorithms: [.es256], types: ["jwt"])
    }

    /// The `error` of an answer that should be one.
    func error(
        _ answer: OutboundResponse,
        status: Int = 400,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String? {
        #expect(answer.status == status, sourceLocation: sourceLocation)
        return try answer.json()["error"]?.stringValue
    }
}

extension JSONObject {
    func text(_ name: String) throws -> String { try #require(self[name]?.stringValue) }
}
