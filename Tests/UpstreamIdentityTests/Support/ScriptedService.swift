import Logging
import OAuthProtocol
import OutboundHTTP

@testable import UpstreamIdentity

/// An OAuth 2.0 provider as a script: its token endpoint, and what it says of its users.
struct ScriptedService {
    static let site = "https://tools.example.net"
    static let authorizationURL = site + "/authorize"
    static let tokenURL = site + "/token"
    static let refreshURL = site + "/refresh"
    static let userInfoURL = site + "/me"

    let transport = ScriptedTransport()
    let time = ManualTime()
    /// What the log has, to find hints in it.
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// The endpoints of the generic row.
    static var endpoints: UpstreamEndpointOverrides {
        UpstreamEndpointOverrides(
            authorization: authorizationURL,
            token: tokenURL,
            userInfo: UserInfoMapping(endpoint: userInfoURL, subject: ["id"], name: ["name"], email: ["email"])
        )
    }

    /// The configuration of a client with a secret.
    static func configuration(
        preset: UpstreamPreset = .oauth2,
        issuer: String? = nil,
        scopes: [String]? = ["read", "write"],
        secret: String? = "own-secret",
        authentication: UpstreamClientAuthentication? = nil,
        endpoints: UpstreamEndpointOverrides? = nil,
        _ adjust: (inout UpstreamBehaviourOverrides) -> Void = { _ in }
    ) throws -> UpstreamConfiguration {
        var behaviour = UpstreamBehaviourOverrides()
        adjust(&behaviour)
        return try UpstreamConfiguration(
            name: "tools",
            preset: preset,
            issuer: issuer,
            endpoints: endpoints ?? (preset == .oauth2 ? Self.endpoints : UpstreamEndpointOverrides()),
            clientID: "own-client",
            clientSecret: secret.map(UpstreamClientSecret.init),
            clientAuthentication: authentication,
            scopes: scopes,
            callbackURL: "https://auth.example.com/oauth/callback/tools",
            behaviour: behaviour
        )
    }

    /// The provider as our client sees it.
    func client(_ configuration: UpstreamConfiguration) throws -> UpstreamProvider {
        try UpstreamProvider(
            configuration: configuration,
            transport: transport,
            timeSource: time,
            random: CountingRandom(),
            logger: logger
        )
    }

    /// The generic provider as our client sees it.
    func client(_ adjust: (inout UpstreamBehaviourOverrides) -> Void = { _ in }) throws -> UpstreamProvider {
        try client(Self.configuration(adjust))
    }

    /// Puts a token answer, and one about the user, in place of what was there.
    func answer(_ tokens: JSONObject, user: JSONObject = ["id": 17, "name": "Ada"]) {
        transport.replace(Self.tokenURL, ScriptedTransport.json(tokens))
        transport.replace(Self.userInfoURL, ScriptedTransport.json(user))
    }

    /// The form of the last request to an endpoint.
    func lastForm(_ url: String = tokenURL) throws -> FormParameters {
        guard let request = transport.requests(to: url).last else { throw MissingRequest() }
        return try request.form
    }

    struct MissingRequest: Error {}
}

extension UpstreamProvider {
    /// The parameters of an authorization request.
    func authorizationParameters(scopes: [String] = []) async throws -> FormParameters {
        let url = try await authorizationURL(
            UpstreamAuthorizationRequest(
                state: UpstreamState(wireValue: "the-state"),
                challenge: CodeChallenge(verifier: CodeVerifier(random: CountingRandom())),
                nonce: usesNonce ? ScriptedProvider.nonce : nil,
                additionalScopes: scopes
            )
        )
        return try FormParameters(query: String(url.split(separator: "?", maxSplits: 1)[1]))
    }
}
