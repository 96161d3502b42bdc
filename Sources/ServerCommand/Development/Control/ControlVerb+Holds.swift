import DevelopmentIdentityProvider
import HTTPTypes
import OAuthProtocol

extension ControlVerb {
    /// Requests at a provider that wait for the test, so that it can look at the server in between.
    static func holds(_ ground: ControlGround) -> [ControlVerb] {
        let path = ControlPlane.path + "/holds"
        return [
            ControlVerb(
                method: .get,
                path: path,
                summary: "The holds, with how many requests have arrived at each; with id it waits for the first.",
                members: [
                    Member(name: "id", type: "string", summary: "Waits until a request has arrived at this one."),
                    Member(name: "timeout", type: "integer", summary: "Seconds to wait for it; 5 without it."),
                ],
                perform: { (request) async throws(ControlRefusal) in try await list(request, ground) }
            ),
            ControlVerb(
                method: .post,
                path: path,
                summary: "Holds a provider's next requests until they are released; returns the id.",
                members: [
                    Member(name: "upstream", type: "string", summary: "At this provider; the first without it."),
                    Member(
                        name: "endpoint",
                        type: "string",
                        summary: "The endpoint's path; the token endpoint without it.",
                        choices: EndpointName.allCases.map(\.path)
                    ),
                    Member(name: "times", type: "integer", summary: "How many requests are held; 1 without it."),
                    Member(
                        name: "performed",
                        type: "boolean",
                        summary: "Whether the provider performs the request at once and holds its answer only."
                    ),
                ],
                perform: { (request) async throws(ControlRefusal) in try hold(request, ground) }
            ),
            ControlVerb(
                method: .delete,
                path: path,
                summary: "Releases a hold: its requests continue, and no later one waits.",
                members: [Member(name: "id", type: "string", summary: "This one; all without it.")],
                perform: { (request) async throws(ControlRefusal) in
                    guard let count = ground.holds.release(request.text("id")) else {
                        throw .unknown("there is no hold \(request.text("id") ?? "")")
                    }
                    return ["released": .integer(count)]
                }
            ),
        ]
    }

    private static func list(
        _ request: ControlRequest,
        _ ground: ControlGround
    ) async throws(ControlRefusal) -> JSONObject {
        let timeout = try request.number("timeout", 0...60) ?? 5
        if let id = request.text("id") {
            guard let gate = ground.holds.gate(id) else { throw .unknown("there is no hold \(id)") }
            await wait(seconds: timeout) { await gate.waitForArrivals() }
            guard gate.arrivalCount > 0 else {
                throw ControlRefusal(408, "timeout", "no request has arrived at \(id) in \(timeout) s")
            }
        }
        return ["holds": .array(ground.holds.report)]
    }

    private static func hold(_ request: ControlRequest, _ ground: ControlGround) throws(ControlRefusal) -> JSONObject {
        let (upstream, provider) = try ground.provider(request.text("upstream"))
        let times = try request.number("times", 1...1000) ?? 1
        let usual = upstream.preset.isOAuth2 ? EndpointName.oauth2Token : .token
        let endpoint = request.text("endpoint").flatMap(EndpointName.init) ?? usual
        let gate = ResponseGate()
        guard let id = ground.holds.add(gate, upstream: upstream.name, endpoint: endpoint) else {
            throw ControlRefusal(409, "too_many", "\(HeldFaults.countMax) holds exist; release some of them")
        }
        provider.script(
            request.flag("performed") == true ? .holdResponse(gate) : .hold(gate),
            on: endpoint,
            times: times
        )
        return [
            "id": .string(id), "upstream": .string(upstream.name), "endpoint": .string(endpoint.path),
            "times": .integer(times),
        ]
    }
}
