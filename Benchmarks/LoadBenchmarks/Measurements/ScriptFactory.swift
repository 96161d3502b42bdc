import BenchmarkSupport
import OAuthProtocol

/// Makes the clients of the scenarios for one server.
final class ScriptFactory {
    private let host: LoadHost
    private let pool: TokenPool
    private let accessTokens: [String]
    private let expiringAccessTokens: [String]

    /// At most this many sessions present access tokens: fewer than the server remembers as seen.
    private static let presentedCountMax = 1000

    /// Fetches the access tokens that introspection and retrieval present.
    init(_ host: LoadHost, connections: Int) throws {
        self.host = host
        var tokens = host.refreshTokens
        guard tokens.count >= connections else {
            throw BenchmarkError("\(connections) connections need at least as many sessions")
        }
        var presented: [String] = []
        for index in 0..<min(connections, Self.presentedCountMax) {
            let answer = try host.refresh(tokens[index])
            presented.append(answer.access)
            tokens[index] = answer.refresh
        }
        accessTokens = presented
        expiringAccessTokens = try host.expiringTokens.map { try host.refresh($0).access }
        pool = TokenPool(tokens)
    }

    /// The clients of a scenario.
    func scripts(_ scenario: ScenarioID, connections: Int, seconds: Double) async throws -> [any Script] {
        switch scenario {
        case .redemption:
            let supply = CodeSupply(
                first: issuedCount,
                count: Int(seconds * 1.25 * host.redemptionRateMax) + connections
            )
            try await host.issueCodes(supply.count)
            issuedCount += supply.count
            return (0..<connections).map { _ in RedemptionScript(supply) }
        case .flow:
            // Each waits for its login at the provider: more simultaneous ones only wait longer.
            return (0..<min(connections, 64)).map { _ in
                AuthorizationFlow(issuer: host.issuer, provider: host.providerURL)
            }
        case .upstreamRefresh:
            return (0..<min(connections, expiringAccessTokens.count)).map { script(scenario, $0) }
        default:
            return (0..<connections).map { script(scenario, $0) }
        }
    }

    private var issuedCount = 0

    private func script(_ scenario: ScenarioID, _ index: Int) -> any Script {
        switch scenario {
        case .metadata: RepeatedRequest(RequestText.get(Self.metadataPath))
        case .introspection: CheckedRequest(introspection(index), member: "client_id")
        case .vault:
            CheckedRequest(
                Self.exchange(accessTokens[index % accessTokens.count], Population.upstream),
                member: "access_token"
            )
        case .upstreamRefresh:
            CheckedRequest(
                Self.exchange(expiringAccessTokens[index], LoadServer.expiringUpstream),
                member: "access_token"
            )
        case .refresh: RefreshScript(pool)
        case .clientCredentials: CheckedRequest(Self.clientCredentials, member: "access_token")
        case .registration: RepeatedRequest(Self.registration, status: 201)
        case .mix: MixedScript(Self.mix.map { ($0.share, script($0.scenario, index)) }, seed: index + 1)
        case .jwks, .redemption, .flow: RepeatedRequest(RequestText.get(Self.keySetPath))
        }
    }

    static let keySetPath = "/.well-known/jwks.json"
    static let metadataPath = "/.well-known/oauth-authorization-server"

    // An MCP server introspects a token with each call and retrieves the upstream token with most; clients refresh
    // every quarter of an hour to an hour; documents are cached; new clients are rare.
    private static let mix: [(share: Int, scenario: ScenarioID)] = [
        (45, .introspection), (30, .vault), (18, .refresh), (3, .jwks), (2, .clientCredentials), (1, .metadata),
        (1, .registration),
    ]

    private func introspection(_ index: Int) -> [UInt8] {
        RequestText.post(
            "/oauth/introspect",
            FormParameters.serialize([("token", accessTokens[index % accessTokens.count])]),
            fields: RequestText.basic(LoadServer.resourceServer)
        )
    }

    private static func exchange(_ accessToken: String, _ upstream: String) -> [UInt8] {
        let form = FormParameters.serialize([
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", accessToken),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"), ("audience", upstream),
        ])
        return RequestText.post("/oauth/token", form, fields: RequestText.basic(LoadServer.resourceServer))
    }

    private static let clientCredentials = RequestText.post(
        "/oauth/token",
        FormParameters.serialize([
            ("grant_type", "client_credentials"), ("resource", Population.resource), ("scope", "mcp:read"),
        ]),
        fields: RequestText.basic(LoadServer.machine)
    )

    private static let registration = RequestText.post(
        "/oauth/register",
        #"{"client_name":"Load","redirect_uris":["http://127.0.0.1:1/callback"],"token_endpoint_auth_method":"none"}"#,
        type: "application/json"
    )
}
