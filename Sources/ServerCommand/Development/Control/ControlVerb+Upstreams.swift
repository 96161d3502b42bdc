import AuthorizationServer
import DevelopmentIdentityProvider
import HTTPTypes
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration

extension ControlVerb {
    /// The providers of the start, and those that tests add to the running server.
    static func upstreams(_ ground: ControlGround) -> [ControlVerb] {
        let path = ControlPlane.path + "/upstreams"
        return [
            ControlVerb(
                method: .get,
                path: path,
                summary: "The embedded providers, with the preset of each and how many requests it has received.",
                perform: { (_) async throws(ControlRefusal) in
                    ["upstreams": .array(ground.upstreams.map { .object(report($0)) })]
                }
            ),
            ControlVerb(
                method: .post,
                path: path,
                summary: "Adds an embedded provider to the running server and its resources; sessions remain.",
                members: [
                    Member(name: "name", type: "string", summary: "Its name: the audience of an exchange."),
                    Member(
                        name: "preset",
                        type: "string",
                        summary: "The public provider that it behaves as; standard without it.",
                        choices: ProviderPreset.allCases.map(\.rawValue)
                    ),
                    Member(
                        name: "on_demand",
                        type: "boolean",
                        summary: "Whether logins leave it out, and the first retrieval of its token asks the user."
                    ),
                ],
                perform: { (request) async throws(ControlRefusal) in try await add(request, ground) }
            ),
            ControlVerb(
                method: .delete,
                path: path + "/{name}",
                summary: "Removes a provider that was added, with every connection at it.",
                perform: { (request) async throws(ControlRefusal) in
                    let name = request.pathParameter ?? ""
                    guard ground.providers.hasAdded(name) else { throw .unknown("no upstream \(name) was added") }
                    // First what may be refused.
                    try await ground.change { added in added.upstreams.removeAll { $0.name == name } }
                    try await ControlEndings(ground).endConnections(at: name)
                    for (_, provider) in ground.providers.remove(name) { await provider.shutdown() }
                    return ["removed": .string(name)]
                }
            ),
        ]
    }

    private static func report(_ entry: DevelopmentProviders.Entry) -> JSONObject {
        let count = EndpointName.allCases.reduce(0) { $0 + entry.provider.requestCount(on: $1) }
        return [
            "name": .string(entry.upstream.name), "issuer": .string(entry.upstream.issuer),
            "preset": .string(entry.upstream.preset.rawValue), "requests": .integer(count),
        ]
    }

    private static func add(
        _ request: ControlRequest,
        _ ground: ControlGround
    ) async throws(ControlRefusal) -> JSONObject {
        let name = try request.required("name")
        if let objection = ConfigurationRules.upstreamNameObjection(name) { throw .invalid(objection) }
        let preset = request.text("preset").flatMap(ProviderPreset.init) ?? .standard
        var entry: DevelopmentProviders.Entry
        do {
            entry = try DevelopmentProviders.make(name, preset, clock: ground.clock, random: SystemRandomSource())
            try await DevelopmentProviders.start(entry, for: ground.server.configuration.issuer)
        } catch {
            throw ControlRefusal(500, "server_error", "the provider could not be started: \(error)")
        }
        entry.upstream.isOnDemand = request.flag("on_demand") ?? false
        // A login visits every provider, so that all of them know the same people.
        for user in await ground.upstreams.first?.provider.users ?? [] { await entry.provider.setUser(user) }
        guard ground.providers.add(entry) else {
            await entry.provider.shutdown()
            throw .invalid("name must be new, and at most \(DevelopmentProviders.addedCountMax) can be added")
        }
        let upstream = entry.upstream
        do throws(ControlRefusal) {
            try await ground.change { $0.upstreams.append(upstream) }
        } catch {
            for (_, provider) in ground.providers.remove(name) { await provider.shutdown() }
            throw error
        }
        return report(entry)
    }
}

extension ControlGround {
    /// Removes what tests have added to the configuration; the connections have ended before.
    func removeAdded() async throws(ControlRefusal) {
        try await change { $0 = DevelopmentSettings.Added() }
        for (_, provider) in providers.remove(nil) { await provider.shutdown() }
    }
}
