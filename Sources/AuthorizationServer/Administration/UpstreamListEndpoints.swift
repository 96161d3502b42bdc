import HTTPTypes
import OAuthProtocol
import OAuthState
import ServerConfiguration
import SocketHTTP
import UpstreamIdentity

/// `GET /admin/upstreams` and `GET /admin/upstreams/{name}`: the configured providers, how they have behaved since the
/// start, and how many connections they have; never a secret.
struct UpstreamListEndpoint: RequestHandler {
    let configured: [Configuration.Upstream]
    let upstreams: UpstreamDirectory
    let vault: any VaultStore

    /// How many connections are examined in one turn of the store.
    private static let sliceCount = 1024

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            _ = try AdministrationRequest(request)
            let name = request.pathParameter
            let chosen = configured.filter { name == nil || $0.name == name }
            guard name == nil || !chosen.isEmpty else { return .noSuchRow }
            let connections = try await OAuthError.attempt(await connections())
            let rows = chosen.map { row($0, connections[$0.name] ?? [:], isWhole: name != nil) }
            if name != nil, let row = rows.first { return .json(row.serialized()) }
            return .page("upstreams", rows, limit: .max, next: nil)
        } catch {
            return .error(error)
        }
    }

    private func row(
        _ upstream: Configuration.Upstream,
        _ connections: [Connection.Status: Int],
        isWhole: Bool
    ) -> JSONObject {
        var json: JSONObject = ["name": .string(upstream.name), "preset": .string(upstream.preset.name)]
        guard let provider = upstreams[upstream.name] else { return json }
        let (view, status) = (provider.view, provider.status)
        json["kind"] = .string(view.kind)
        if let issuer = view.issuer { json["issuer"] = .string(issuer) }
        if let resource = view.resource { json["resource"] = .string(resource) }
        json["login"] = .string(provider.login.rawValue)
        json["state"] = .string(status.summary.rawValue)
        if let servedAt = status.servedAt { json["last_success_at"] = .string(servedAt.rfc3339) }
        if let failedAt = status.failedAt { json["last_failure_at"] = .string(failedAt.rfc3339) }
        if let failure = status.failure { json["last_failure"] = .string(failure.rawValue) }
        json["refreshes_in_progress"] = .integer(status.load.inFlight)
        json["connections"] = .integer(connections.values.reduce(0, +))
        json["dead_grants"] = .integer(
            (connections[.reauthorizationRequired] ?? 0) + (connections[.revoked] ?? 0)
        )
        json["registration"] = .string(Self.registration(upstream, view))
        guard isWhole else { return json }
        json["client_id"] = view.clientID.map(JSONValue.string) ?? .null
        json["redirect_uri"] = .string(view.redirectURI)
        json["scopes"] = .strings(view.scopes)
        json["endpoints"] = .object(JSONObject(view.endpoints.map { ($0.name, JSONValue.string($0.url)) }))
        json["connections_by_status"] = .object(
            JSONObject(connections.map { ($0.key.text, JSONValue.integer($0.value)) }.sorted { $0.0 < $1.0 })
        )
        return json
    }

    /// How this server is a client there.
    private static func registration(_ upstream: Configuration.Upstream, _ view: UpstreamView) -> String {
        if upstream.clientID != nil { return "configured" }
        guard view.kind != "static" else { return "none" }
        guard let id = view.clientID else { return "not_yet" }
        let isDocument = view.kind == "mcp" && id.contains(EndpointPath.clientDocument)
        return isDocument ? "metadata_document" : "registered"
    }

    @concurrent
    private func connections() async throws(StoreError) -> [String: [Connection.Status: Int]] {
        var counts: [String: [Connection.Status: Int]] = [:]
        var after: ConnectionID?
        while true {
            let slice = try await vault.connections(after: after, limit: Self.sliceCount)
            guard let last = slice.last else { return counts }
            for connection in slice { counts[connection.upstream, default: [:]][connection.status, default: 0] += 1 }
            after = last.id
        }
    }
}
