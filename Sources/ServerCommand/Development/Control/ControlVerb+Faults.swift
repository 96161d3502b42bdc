import DevelopmentIdentityProvider
import HTTPTypes
import OAuthProtocol

extension ControlVerb {
    static func faults(_ ground: ControlGround) -> [ControlVerb] {
        let path = ControlPlane.path + "/faults"
        return [
            ControlVerb(
                method: .get,
                path: path,
                summary: "The names of faults and of chaos presets, and how many requests will still meet one.",
                perform: { (_) async throws(ControlRefusal) in
                    [
                        "faults": .strings(Fault.names + ["slow=SECONDS", "429=SECONDS"]),
                        "presets": .strings(ChaosPreset.allCases.map(\.rawValue)),
                        "pending": .object(
                            JSONObject(ground.upstreams.map { ($0.upstream.name, pending($0.provider)) })
                        ),
                    ]
                }
            ),
            ControlVerb(
                method: .post,
                path: path,
                summary: "Makes a provider's next requests fail.",
                members: [
                    Member(name: "fault", type: "string", summary: "A fault by name, such as token-503 or 429=30."),
                    Member(
                        name: "preset",
                        type: "string",
                        summary: "A chaos preset instead.",
                        choices: ChaosPreset.allCases.map(\.rawValue)
                    ),
                    Member(name: "upstream", type: "string", summary: "At this provider; the first without it."),
                    Member(
                        name: "endpoint",
                        type: "string",
                        summary: "The endpoint's path; the fault's usual one without it.",
                        choices: EndpointName.allCases.map(\.path)
                    ),
                    Member(name: "times", type: "integer", summary: "How many requests fail; 1 without it."),
                ],
                perform: { (request) async throws(ControlRefusal) in try script(request, ground) }
            ),
            ControlVerb(
                method: .delete,
                path: path,
                summary: "Removes the faults that have not occurred yet, at every provider, and releases every hold.",
                perform: { (_) async throws(ControlRefusal) in
                    ground.clearFaults()
                    return [:]
                }
            ),
        ]
    }

    private static func script(_ request: ControlRequest, _ ground: ControlGround) throws(ControlRefusal) -> JSONObject
    {
        let (upstream, provider) = try ground.provider(request.text("upstream"))
        let times = try request.number("times", 1...10_000)
        let placed: Fault.Placed
        var count = times ?? 1
        switch (request.text("fault"), request.text("preset").flatMap(ChaosPreset.init)) {
        case (let name?, nil):
            guard let found = Fault.named(name) else {
                throw .unknown("there is no fault \(name); GET \(ControlPlane.path)/faults lists them")
            }
            placed = found
        case (nil, let preset?):
            placed = preset.fault
            count = times ?? preset.times
        default: throw .invalid("give fault or preset")
        }
        var endpoint = upstream.preset.isOAuth2 ? placed.endpoint.ofOAuth2 : placed.endpoint
        if let path = request.text("endpoint"), let named = EndpointName(rawValue: path) { endpoint = named }
        guard placed.fault.applies(to: endpoint) else {
            throw .invalid("\(endpoint.path) does not support this fault, so it would change nothing")
        }
        provider.script(placed.fault, on: endpoint, times: count)
        return [
            "upstream": .string(upstream.name), "endpoint": .string(endpoint.path), "times": .integer(count),
            "pending": .integer(provider.pendingFaultCount(on: endpoint)),
        ]
    }

    private static func pending(_ provider: DevelopmentIdentityProvider) -> JSONValue {
        let counts = EndpointName.allCases.map { ($0.path, provider.pendingFaultCount(on: $0)) }.filter { $0.1 > 0 }
        return .object(JSONObject(counts.map { ($0.0, JSONValue.integer($0.1)) }))
    }
}

/// A public provider's bad day, by name.
enum ChaosPreset: String, CaseIterable {
    /// Google sends no refresh token at a second consent.
    case googleSecondConsent = "google-second-consent"
    /// The key set takes 3 s.
    case slowKeySet = "slow-jwks"
    /// The provider rotates the refresh token, and its answer is lost: the next use of the old one ends the grant.
    case lostAnswer = "lost-answer"
    /// The provider refuses a dead refresh token as Atlassian does.
    case atlassianDeadGrant = "atlassian-dead-grant"
    /// The token endpoint answers 429 and asks for 30 s.
    case rateLimited = "rate-limited"
    /// The provider has seen a refresh token twice, and ends the grant.
    case tokenReuseKills = "token-reuse-kills"
    /// A page of a proxy in front of the token endpoint, with status 200.
    case maintenancePage = "maintenance-page"
    /// The token endpoint is down for 20 requests.
    case outage

    var fault: Fault.Placed {
        switch self {
        case .googleSecondConsent: (.omitRefreshToken, .token)
        case .slowKeySet: (.delay(.seconds(3)), .keySet)
        case .lostAnswer: (.rotateAndDropResponse, .token)
        case .atlassianDeadGrant: (.grantRefusedAsClient, .token)
        case .rateLimited: (.tooManyRequests(retryAfter: 30), .token)
        case .tokenReuseKills: (.invalidGrant, .token)
        case .maintenancePage: (.page, .token)
        case .outage: (.unavailable, .token)
        }
    }

    /// How many requests it affects.
    var times: Int { self == .outage ? 20 : 1 }
}
