import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

/// A server with two users' sessions, and its operator.
struct OperatorScene {
    let server: TestServer
    let client: OAuthTestClient

    static func run(
        configure: (inout Configuration) throws -> Void = { _ in },
        _ body: (OperatorScene) async throws -> Void
    ) async throws {
        try await TestServer.run(configure: configure) { server in
            try await body(OperatorScene(server: server, client: try await OAuthTestClient.registered(at: server)))
        }
    }

    /// Asks as the administrator.
    func ask(
        _ method: String,
        _ path: String,
        _ form: [(String, String)]? = nil,
        token: String = "admin-token-for-tests"
    ) async throws -> OAuthTestClient.Answer {
        var fields = [(name: "authorization", value: "Bearer \(token)"), (name: "x-gatehouse-operator", value: "eve")]
        if form != nil { fields.append((name: "content-type", value: "application/x-www-form-urlencoded")) }
        return try await client.send(
            method,
            server.managementURL + path,
            headerFields: fields,
            body: form.map { Array(FormParameters.serialize($0).utf8) } ?? []
        )
    }

    func rows(_ path: String, _ name: String) async throws -> [JSONObject] {
        let answer = try await ask("GET", path)
        #expect(answer.status == 200, "\(path)")
        guard case .array(let values)? = answer.json[name] else { return [] }
        return values.compactMap { if case .object(let row) = $0 { row } else { nil } }
    }

    /// The `sub` of a user's access token.
    func subject(_ tokens: OAuthTestClient.Answer) throws -> String {
        let payload = try CompactJWS(parsing: try #require(tokens["access_token"])).payload
        return try #require(try JSONParser.parseObject(payload)["sub"]?.stringValue)
    }

    /// The events of a kind in the audit trail.
    func events(_ name: String) -> [String] {
        server.auditLog.all.filter { $0.contains(#""event":"\#(name)""#) }
    }
}
