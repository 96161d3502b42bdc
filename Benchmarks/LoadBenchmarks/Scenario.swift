import AuthorizationServerTesting
import Histogram
import OAuthProtocol

/// What came of one scenario.
struct ScenarioResult {
    let name: String
    let rate: Double
    let latencies: Histogram<UInt64>
    /// Whether each answer costs one ES256 signature.
    let signs: Bool
}

/// One kind of request, repeated.
struct Scenario {
    let name: String
    let signs: Bool
    /// Opens the connections; not before the scenario runs, for the server closes those that say nothing.
    let open: () throws -> ClosedLoop

    func run(seconds: Int) throws -> ScenarioResult {
        let (rate, latencies) = try open().run(seconds: seconds)
        return ScenarioResult(name: name, rate: rate, latencies: latencies, signs: signs)
    }

    static func all(at host: LoadHost, connections: Int) async throws -> [Scenario] {
        let sessions = try await host.loggedIn(connections)
        guard let port = URIReference(host.issuer)?.port, let clientID = sessions.first?.client.id else { return [] }
        let refreshTokenKey = Array("\"refresh_token\":\"".utf8)
        let same: ClosedLoop.Next = { _, _, _ in }
        let none = [String](repeating: "", count: connections)
        let keySet = get("/.well-known/jwks.json")
        let metadata = get("/.well-known/oauth-authorization-server")
        let exchanges = sessions.map { exchange($0.tokens["access_token"] ?? "") }
        return [
            Scenario(
                name: "JWKS",
                signs: false,
                open: { try ClosedLoop(port: port, states: none, first: { _ in keySet }, next: same) }
            ),
            Scenario(
                name: "metadata",
                signs: false,
                open: { try ClosedLoop(port: port, states: none, first: { _ in metadata }, next: same) }
            ),
            Scenario(
                name: "upstream token by exchange",
                signs: false,
                open: { try ClosedLoop(port: port, states: exchanges, first: { Array($0.utf8) }, next: same) }
            ),
            Scenario(
                name: "refresh grant",
                signs: true,
                open: {
                    try ClosedLoop(
                        port: port,
                        states: sessions.map { $0.tokens["refresh_token"] ?? "" },
                        first: { refresh($0, clientID) },
                        next: { connection, answer, count in
                            guard let successor = AnswerReader.member(refreshTokenKey, of: answer, count) else {
                                throw BenchmarkError("an answer without refresh token")
                            }
                            connection.request = refresh(successor, clientID)
                        }
                    )
                }
            ),
        ]
    }

    private static func get(_ path: String) -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)
    }

    private static func refresh(_ token: String, _ clientID: String) -> [UInt8] {
        post("grant_type=refresh_token&client_id=\(clientID)&refresh_token=\(token)", authorization: nil)
    }

    private static func exchange(_ accessToken: String) -> String {
        let form = FormParameters.serialize([
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", accessToken),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"), ("audience", "load"),
        ])
        let basic = OAuthTestClient.basic(LoadHost.resourceServer.id, LoadHost.resourceServer.secret)
        return String(decoding: post(form, authorization: basic), as: UTF8.self)
    }

    private static func post(_ body: String, authorization: String?) -> [UInt8] {
        let credentials = authorization.map { "Authorization: \($0)\r\n" } ?? ""
        return Array(
            """
            POST /oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r
            \(credentials)Content-Length: \(body.utf8.count)\r\n\r\n\(body)
            """.utf8
        )
    }
}
