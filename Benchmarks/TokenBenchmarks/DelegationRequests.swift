import AuthorizationServer
import BenchmarkSupport
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration
import SocketHTTP

/// RFC 8693: exchanges of a caller's access token for one at another resource.
final class DelegationRequests: TokenRequests {
    private static let target = "https://tools.example.com/mcp"
    private static let gateway = (id: "gateway", secret: "the-gateways-secret-of-the-benchmark")

    private let subject: String

    private init(subject: String) {
        self.subject = subject
    }

    func next() -> TokenClient.Request {
        let credentials = Base64.encode(Array("\(Self.gateway.id):\(Self.gateway.secret)".utf8))
        return TokenClient.Request(
            form: [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", subject),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"), ("resource", Self.target),
            ],
            fields: [("Authorization", "Basic " + credentials)]
        )
    }

    func took(_ answer: JSONObject) throws {
        guard answer["access_token"]?.stringValue != nil else { throw BenchmarkError("an answer without a token") }
    }

    /// Measures beside the bare signature.
    ///
    /// A server has seen the access tokens that it issued, so that no signature is verified.
    static func measure(seconds: Double, connections: Int) async throws -> Comparison {
        let server = try await LoopRequests.start { configuration in
            configuration.resources[0].clientID = gateway.id
            configuration.resources[0].clientSecret = .value(SecretValue(gateway.secret))
            configuration.resources[0].delegationTargets = [target]
            configuration.resources.append(Configuration.Resource(uri: target, scopes: ScopeSet(["mcp:read"])))
        }
        let sessions = try await BenchmarkSessions(server)
        var clients: [TokenClient] = []
        for index in 1...connections {
            let caller = RefreshRequests(token: try await sessions.begin(index), key: nil, endpoint: "")
            let port = server.addresses[0].port
            let refreshing = try TokenClient(port: port, caller)
            try refreshing.send()
            try refreshing.receive()
            clients.append(try TokenClient(port: port, DelegationRequests(subject: caller.accessToken)))
        }
        let bare = try BareSignature(.es256)
        return try await LoopRequests.compare("delegation request", server, clients, seconds: seconds) { bare.sign() }
    }
}
