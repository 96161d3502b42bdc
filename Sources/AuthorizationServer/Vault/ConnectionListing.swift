import OAuthProtocol
import OAuthState

/// A user's connections as the APIs return them: without tokens, and nothing that a token could be derived from.
struct ConnectionListing: Sendable {
    let connections: [Connection]
    /// Configured upstreams that the user has not connected.
    let missing: [String]

    /// The listing of the connections at `upstreams`.
    init(_ connections: [Connection], among upstreams: [String]) {
        self.connections = connections.filter { connection in
            upstreams.contains { $0.hasSameBytes(as: connection.upstream) }
        }
        missing = upstreams.filter { name in !connections.contains { $0.upstream.hasSameBytes(as: name) } }
    }

    var json: JSONObject {
        [
            "connections": .array(connections.map { .object(Self.json($0)) }),
            "missing": .array(missing.map(JSONValue.string)),
        ]
    }

    /// The same without accounts, ids and times: which upstreams are connected, and their state.
    var summary: JSONObject {
        [
            "connections": .array(
                connections.map { ["upstream": .string($0.upstream), "status": .string($0.status.text)] }
            ),
            "missing": .array(missing.map(JSONValue.string)),
        ]
    }

    /// One connection.
    static func json(_ connection: Connection) -> JSONObject {
        var account: JSONObject = ["sub": .string(connection.account)]
        if let name = connection.accountName { account["login"] = .string(name) }
        var json: JSONObject = [
            "id": .string(connection.id.text),
            "upstream": .string(connection.upstream),
            "account": .object(account),
            "scope": .string(connection.scopes.text),
            "status": .string(connection.status.text),
        ]
        if let reason = connection.reason { json["reason"] = .string(reason) }
        json["connected_at"] = .string(connection.obtainedAt.rfc3339)
        if let refreshedAt = connection.refreshedAt { json["last_refresh"] = .string(refreshedAt.rfc3339) }
        if let usedAt = connection.usedAt { json["last_use"] = .string(usedAt.rfc3339) }
        if let expiry = connection.accessTokenExpiry { json["access_token_expires_at"] = .string(expiry.rfc3339) }
        return json
    }
}
