import GatehouseHosting
import HTTPTypes
import OAuthProtocol

extension ControlVerb {
    /// Further servers in the same process; only the first server's control plane has these verbs.
    static func servers(_ ground: ControlGround) -> [ControlVerb] {
        guard let servers = ground.servers else { return [] }
        let path = ControlPlane.path + "/servers"
        return [
            ControlVerb(
                method: .get,
                path: path,
                summary: "The further servers, each with its addresses, credentials and control plane.",
                perform: { (_) async throws(ControlRefusal) in ["servers": .array(servers.reports)] }
            ),
            ControlVerb(
                method: .post,
                path: path,
                summary:
                    "Starts another server, which shares nothing with this one; returns its ready line and its id.",
                members: [
                    Member(name: "resources", type: "array", summary: "URIs of MCP servers, as --resource."),
                    Member(name: "scopes", type: "array", summary: "The resources' scopes, as --scope."),
                    Member(name: "upstreams", type: "array", summary: "NAME or NAME=PRESET each, as --upstream."),
                    Member(name: "config", type: "object", summary: "Configuration keys, as --config-inline."),
                ],
                perform: { (request) async throws(ControlRefusal) in try await start(request, servers) }
            ),
            ControlVerb(
                method: .delete,
                path: path + "/{id}",
                summary: "Ends a further server with its providers; all its tokens are gone.",
                perform: { (request) async throws(ControlRefusal) in
                    let id = request.pathParameter ?? ""
                    guard await servers.stop(id) else { throw .unknown("there is no server \(id)") }
                    return ["removed": .string(id)]
                }
            ),
        ]
    }

    private static func start(
        _ request: ControlRequest,
        _ servers: DevelopmentServers
    ) async throws(ControlRefusal) -> JSONObject {
        var upstreams: [(name: String, preset: ProviderPreset)] = []
        for text in request.texts("upstreams") ?? [] {
            do throws(HostError) {
                upstreams.append(try DevelopmentOptions.upstream(text))
            } catch {
                throw .invalid(error.description)
            }
        }
        guard Set(upstreams.map(\.name)).count == upstreams.count else { throw .invalid("a name may be given once") }
        let chosen = upstreams
        return try await servers.start { options in
            if let resources = request.texts("resources"), !resources.isEmpty { options.resources = resources }
            if let scopes = request.texts("scopes"), !scopes.isEmpty { options.scopes = scopes }
            if !chosen.isEmpty { options.upstreams = chosen }
            if let keys = request.object("config") { options.inline = keys.serializedString() }
        }
    }
}
