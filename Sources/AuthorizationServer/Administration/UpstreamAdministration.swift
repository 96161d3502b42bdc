import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// `/admin/upstreams/{name}/connections`: the connections of all users at one upstream, needed after an incident
/// at that provider (N-4).
///
/// `GET` lists them in pages; `DELETE` ends some of them at a time, because each is a durable change and a request to
/// the provider: while `remaining` is true, the caller repeats it. The upstream need not be configured any longer.
struct UpstreamConnectionsEndpoint: RequestHandler {
    let vault: any VaultStore
    let revocations: ProviderRevocations
    let audit: AuditTrail

    /// The path of both verbs.
    static let path = "/admin/upstreams/{name}/connections"

    /// The most connections that one request ends.
    static let endingCountMax = 1000
    /// How many connections are examined in one turn of the store.
    private static let sliceCount = 1024

    func respond(to request: Request, context: RequestContext) async -> Response {
        guard let upstream = request.pathParameter else { return .noSuchRow }
        do throws(OAuthError) {
            let asked = try AdministrationRequest(request)
            guard request.method != .delete else { return try await end(upstream, by: asked.actor, context) }
            let after: ConnectionID? = try asked.identifier("after")
            let limit = try asked.limit()
            return try await OAuthError.attempt(await list(upstream, after: after, limit: limit))
        } catch {
            return .error(error)
        }
    }

    private func list(
        _ upstream: String,
        after: ConnectionID?,
        limit: Int
    ) async throws(StoreError) -> Response {
        // One more than the page shows whether there are more.
        let found = try await connections(at: upstream, after: after, limit: limit + 1)
        let shown = found.prefix(limit)
        var json: JSONObject = ["upstream": .string(upstream)]
        json["connections"] = .array(
            shown.map { connection -> JSONValue in
                var object = ConnectionListing.json(connection)
                object["user"] = .string(connection.userID.text)
                return .object(object)
            }
        )
        if found.count > limit, let last = shown.last { json["next"] = .string(last.id.text) }
        return .json(json.serialized())
    }

    private func end(
        _ upstream: String,
        by actor: String,
        _ context: RequestContext
    ) async throws(OAuthError) -> Response {
        // What waits for its provider is bounded, and at the bound the oldest would not be revoked there.
        guard revocations.count + Self.endingCountMax <= ProviderRevocations.countMax else {
            throw OAuthError(
                .temporarilyUnavailable,
                "earlier revocations at providers are in progress",
                retryAfter: .seconds(5)
            )
        }
        let found = try await OAuthError.attempt(
            await connections(at: upstream, after: nil, limit: Self.endingCountMax + 1)
        )
        var count = 0
        // Also those before a failure. The event of each waits for its provider, and a crash would lose it.
        defer { audit.record(.endedConnections(at: upstream, count: count, by: actor), context: context) }
        for connection in found.prefix(Self.endingCountMax) {
            // The erasure is durable before the provider is asked: whatever it answers, the tokens are not used again.
            guard let erased = try await OAuthError.attempt(await vault.disconnect(connection.id).outcome) else {
                continue
            }
            count += 1
            revocations.add(erased, cause: actor, now: context.now)
        }
        let json: JSONObject = [
            "upstream": .string(upstream), "ended": .integer(count),
            "remaining": .bool(found.count > Self.endingCountMax),
        ]
        return .json(json.serialized())
    }

    private func connections(
        at upstream: String,
        after start: ConnectionID?,
        limit: Int
    ) async throws(StoreError) -> [Connection] {
        var found: [Connection] = []
        var last = start
        while found.count < limit {
            let slice = try await vault.connections(after: last, limit: Self.sliceCount)
            guard let end = slice.last else { break }
            found += slice.filter { $0.upstream.hasSameBytes(as: upstream) }
            last = end.id
        }
        return Array(found.prefix(limit))
    }
}
