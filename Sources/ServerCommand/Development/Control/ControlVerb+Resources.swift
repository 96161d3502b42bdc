import AuthorizationServer
import Foundations
import HTTPTypes
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration

extension ControlVerb {
    static func resources(_ ground: ControlGround) -> [ControlVerb] {
        let path = ControlPlane.path + "/resources"
        return [
            ControlVerb(
                method: .get,
                path: path,
                summary: "The MCP servers that tokens are issued for, with the credentials of each.",
                perform: { (_) async throws(ControlRefusal) in
                    ["resources": .array(ground.settings.configuration.resources.map { .object($0.report) })]
                }
            ),
            ControlVerb(
                method: .post,
                path: path,
                summary: "Adds an MCP server and returns its credentials; sessions and tokens remain.",
                members: [
                    Member(name: "uri", type: "string", summary: "Its URI, the audience of its tokens."),
                    Member(name: "scopes", type: "array", summary: "Its scopes; those of the first one without it."),
                    Member(
                        name: "upstreams",
                        type: "array",
                        summary: "The upstreams whose tokens it may retrieve; all without it."
                    ),
                ],
                perform: { (request) async throws(ControlRefusal) in try await add(request, ground) }
            ),
            ControlVerb(
                method: .delete,
                path: path,
                summary: "Removes an MCP server that was added.",
                members: [Member(name: "uri", type: "string", summary: "Its URI.")],
                perform: { (request) async throws(ControlRefusal) in
                    let uri = try request.required("uri")
                    guard ground.settings.hasAdded(uri) else { throw .unknown("no resource \(uri) was added") }
                    try await ground.change { added in added.resources.removeAll { $0.uri == uri } }
                    return ["removed": .string(uri)]
                }
            ),
        ]
    }

    private static func add(
        _ request: ControlRequest,
        _ ground: ControlGround
    ) async throws(ControlRefusal) -> JSONObject {
        let uri = try request.required("uri")
        let random = SystemRandomSource()
        let resource = AddedResource(
            uri: uri,
            scopes: request.texts("scopes") ?? ground.settings.configuration.resources.first?.scopes.tokens ?? [],
            upstreams: request.texts("upstreams") ?? ground.upstreams.map(\.upstream.name),
            clientID: "mcp-server-" + Hexadecimal.encode(random.bytes(4)),
            secret: Base64URL.encode(random.bytes(32))
        )
        try await ground.change { $0.resources.append(resource) }
        return try ground.resource(uri).report
    }
}

extension ControlGround {
    /// Changes the added resources and upstreams, and lets the server read them, in one step or not at all.
    func change(_ change: (inout DevelopmentSettings.Added) -> Void) async throws(ControlRefusal) {
        do throws(ConfigurationErrors) {
            let earlier = try settings.change(change)
            guard let refusal = await server.reload(by: "control plane").refusal else { return }
            try settings.change { $0 = earlier }
            throw ConfigurationErrors([ConfigurationError(path: "control plane", message: refusal)])
        } catch {
            throw .invalid(error.errors.map(\.description).joined(separator: "; "))
        }
    }
}

extension Configuration.Resource {
    /// What a test needs to know of it, credentials included.
    var report: JSONObject {
        [
            "uri": .string(uri), "client_id": .string(clientID ?? ""),
            "client_secret": .string(clientSecret?.value?.text ?? ""), "scopes": .strings(scopes.tokens),
            "upstreams": .strings(upstreams),
        ]
    }
}
