import Logging
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP

@testable import UpstreamIdentity

/// An OpenID Connect provider as a script: its documents, its key and the tokens it signs.
struct ScriptedProvider {
    static let issuer = "https://login.corp.example/realm"
    static let clientID = "gatehouse-client"
    static let subject = "user-17"
    static let nonce = "n-0S6_WzA2Mj"

    static let configurationURL = issuer + "/.well-known/openid-configuration"
    static let authorizationURL = issuer + "/authorize"
    static let tokenURL = issuer + "/token"
    static let keysURL = issuer + "/keys"
    static let userInfoURL = issuer + "/userinfo"
    static let revocationURL = issuer + "/revoke"
    static let registrationURL = issuer + "/register"

    let transport = ScriptedTransport()
    let time = ManualTime()
    let key: SigningKey

    /// A provider whose documents are in place; `adjust` changes the discovery document.
    init(algorithm: SignatureAlgorithm = .es256, _ adjust: (inout JSONObject) -> Void = { _ in }) throws {
        key = try TestKeys.key(algorithm, "key-1")
        var document = ScriptedProvider.document
        adjust(&document)
        transport.on(ScriptedProvider.configurationURL, ScriptedTransport.json(document))
        transport.on(ScriptedProvider.keysURL, ScriptedTransport.keys([key]))
    }

    static var document: JSONObject {
        [
            "issuer": .string(issuer), "authorization_endpoint": .string(authorizationURL),
            "token_endpoint": .string(tokenURL), "jwks_uri": .string(keysURL),
            "userinfo_endpoint": .string(userInfoURL), "revocation_endpoint": .string(revocationURL),
            "registration_endpoint": .string(registrationURL),
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "id_token_signing_alg_values_supported": ["RS256", "none"],
        ]
    }

    /// The configuration of a client with a secret.
    static func configuration(
        _ adjust: (inout UpstreamConfiguration) -> Void = { _ in }
    ) throws -> UpstreamConfiguration {
        var configuration = try UpstreamConfiguration(
            name: "corp",
            preset: .oidc,
            issuer: issuer,
            clientID: clientID,
            clientSecret: UpstreamClientSecret("s3cret/+"),
            callbackURL: "https://auth.example.com/oauth/callback/corp"
        )
        adjust(&configuration)
        return configuration
    }

    /// The provider as our client sees it.
    func client(_ adjust: (inout UpstreamConfiguration) -> Void = { _ in }) throws -> UpstreamProvider {
        try UpstreamProvider(
            configuration: ScriptedProvider.configuration(adjust),
            transport: transport,
            timeSource: time,
            random: CountingRandom(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// The claims of a good ID token.
    var claims: JSONObject {
        let now = Int(time.now().secondsSinceEpoch)
        return [
            "iss": .string(ScriptedProvider.issuer), "sub": .string(ScriptedProvider.subject),
            "aud": .string(ScriptedProvider.clientID), "exp": .integer(now + 3600), "iat": .integer(now),
            "nonce": .string(ScriptedProvider.nonce), "name": "Ada Example", "preferred_username": "ada",
            "email": "ada@corp.example", "email_verified": true,
        ]
    }

    /// Signs an ID token whose claims `adjust` may change.
    func idToken(
        type: String = "JWT",
        key: SigningKey? = nil,
        _ adjust: (inout JSONObject) -> Void = { _ in }
    ) throws -> String {
        var claims = claims
        adjust(&claims)
        return try (key ?? self.key).sign(type: type, payload: claims.serialized())
    }

    /// A token answer with the ID token.
    func tokenAnswer(idToken: String?, _ adjust: (inout JSONObject) -> Void = { _ in }) -> JSONObject {
        var answer: JSONObject = [
            "access_token": "at-1", "token_type": "Bearer", "expires_in": 300, "refresh_token": "rt-1",
            "scope": "openid profile email",
        ]
        answer["id_token"] = idToken.map(JSONValue.string)
        adjust(&answer)
        return answer
    }

    /// Puts a token answer with a good ID token, or one with changed claims, into the script.
    func answerCode(
        _ adjustClaims: (inout JSONObject) -> Void = { _ in },
        answer adjustAnswer: (inout JSONObject) -> Void = { _ in }
    ) throws {
        let answer = tokenAnswer(idToken: try idToken(adjustClaims), adjustAnswer)
        transport.on(ScriptedProvider.tokenURL, ScriptedTransport.json(answer))
    }
}

extension UpstreamProvider {
    /// A login with the usual nonce.
    func login(
        nonce: String? = ScriptedProvider.nonce,
        issuerParameter: String? = nil,
        maximumAgeSeconds: Int? = nil
    )
        async throws(UpstreamError) -> UpstreamLogin
    {
        try await login(
            code: "code-1",
            verifier: CodeVerifier(random: CountingRandom()),
            nonce: nonce,
            issuerParameter: issuerParameter,
            maximumAgeSeconds: maximumAgeSeconds
        )
    }
}

extension ScriptedTransport {
    static func keys(_ keys: [SigningKey]) -> Answer {
        body(JSONWebKeySet(keys: keys.map(\.jsonWebKey)).serialized(), type: "application/json")
    }
}

/// What an operation throws, or a failed test.
func error<Value>(_ operation: () async throws -> Value) async throws -> UpstreamError {
    do {
        _ = try await operation()
    } catch let error as UpstreamError {
        return error
    }
    throw MissingRefusal()
}

/// Something was accepted that should have been refused.
struct MissingRefusal: Error {}
