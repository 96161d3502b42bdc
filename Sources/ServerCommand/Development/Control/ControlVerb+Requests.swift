import DevelopmentIdentityProvider
import HTTPTypes
import OAuthProtocol

extension ControlVerb {
    static func requests(_ ground: ControlGround) -> [ControlVerb] {
        let path = ControlPlane.path + "/requests"
        return [
            ControlVerb(
                method: .get,
                path: path,
                summary: "The requests that a provider has received, oldest first, with every secret replaced.",
                members: [
                    Member(name: "upstream", type: "string", summary: "At this provider; the first without it."),
                    Member(
                        name: "endpoint",
                        type: "string",
                        summary: "At this endpoint.",
                        choices: EndpointName.allCases.map(\.path)
                    ),
                    Member(name: "count", type: "integer", summary: "Waits until the endpoint has had this many."),
                    Member(name: "timeout", type: "integer", summary: "Seconds to wait for them; 5 without it."),
                ],
                perform: { (request) async throws(ControlRefusal) in try await list(request, ground) }
            ),
            ControlVerb(
                method: .get,
                path: path + "/server",
                summary: "The requests that the server has answered, oldest first, by route and status.",
                members: [
                    Member(name: "route", type: "string", summary: "At this route, such as token or authorize."),
                    Member(name: "count", type: "integer", summary: "Waits until there have been this many."),
                    Member(name: "timeout", type: "integer", summary: "Seconds to wait for them; 5 without it."),
                ],
                perform: { (request) async throws(ControlRefusal) in try await answered(request, ground) }
            ),
            ControlVerb(
                method: .get,
                path: ControlPlane.path + "/audit",
                summary: "The server's audit trail, oldest first: the newest 10,000 events.",
                members: [Member(name: "event", type: "string", summary: "Events of this name, such as token.issued.")],
                perform: { (request) async throws(ControlRefusal) in
                    ["events": .array(ground.audit.events(request.text("event")))]
                }
            ),
            ControlVerb(
                method: .delete,
                path: path,
                summary: "Forgets the captured requests and the audit trail, at the server and every provider.",
                perform: { (_) async throws(ControlRefusal) in
                    ground.requests.clear()
                    ground.audit.clear()
                    for (_, provider) in ground.upstreams { provider.clearCapturedRequests() }
                    return [:]
                }
            ),
        ]
    }

    private static func list(
        _ request: ControlRequest,
        _ ground: ControlGround
    ) async throws(ControlRefusal) -> JSONObject {
        let (_, provider) = try ground.provider(request.text("upstream"))
        let endpoint = request.text("endpoint").flatMap(EndpointName.init)
        let timeout = try request.number("timeout", 0...60) ?? 5
        if let count = try request.number("count", 1...10_000) {
            guard let endpoint else { throw .invalid("count needs an endpoint") }
            await wait(seconds: timeout) { await provider.waitForRequests(count, on: endpoint) }
            guard provider.requestCount(on: endpoint) >= count else {
                let received = provider.requestCount(on: endpoint)
                throw ControlRefusal(
                    408,
                    "timeout",
                    "\(endpoint.path) has received \(received) requests in \(timeout) s"
                )
            }
        }
        return ["requests": .array(provider.capturedRequests(on: endpoint).map { .object($0.redacted) })]
    }

    private static func answered(
        _ request: ControlRequest,
        _ ground: ControlGround
    ) async throws(ControlRefusal) -> JSONObject {
        let (route, requests) = (request.text("route"), ground.requests)
        let timeout = try request.number("timeout", 0...60) ?? 5
        if let count = try request.number("count", 1...10_000) {
            await wait(seconds: timeout) { await requests.wait(for: count, on: route) }
            let received = requests.count(on: route)
            guard received >= count else {
                throw ControlRefusal(408, "timeout", "the server has answered \(received) requests in \(timeout) s")
            }
        }
        return ["requests": .array(requests.requests(on: route).map { .object($0) })]
    }

    /// Waits for an event, or until that many seconds have passed.
    static func wait(seconds: Int, for event: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await event() }
            group.addTask {
                // Cancelled when the requests have come first.
                try? await Task.sleep(for: .seconds(seconds))
            }
            await group.next()
            group.cancelAll()
        }
    }
}
