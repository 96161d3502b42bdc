import AuthorizationServer
import BenchmarkSupport
import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP

/// Refresh requests: a public client's, whose token is replaced each time, or one with a proof of its key, to which the
/// token is bound (RFC 9449 §5).
final class RefreshRequests: TokenRequests {
    /// The last access token.
    private(set) var accessToken = ""
    private var token: String
    private let key: BenchmarkKey?
    private let endpoint: String

    init(token: String, key: BenchmarkKey?, endpoint: String) {
        (self.token, self.key, self.endpoint) = (token, key, endpoint)
    }

    func next() throws -> TokenClient.Request {
        var request = TokenClient.Request(form: [
            ("grant_type", "refresh_token"), ("client_id", BenchmarkSessions.clientID), ("refresh_token", token),
        ])
        if let key { request.fields = [("DPoP", try key.proof(for: endpoint))] }
        return request
    }

    func took(_ answer: JSONObject) throws {
        guard let successor = answer["refresh_token"]?.stringValue, let access = answer["access_token"]?.stringValue,
            answer["token_type"]?.stringValue == (key == nil ? "Bearer" : "DPoP")
        else { throw BenchmarkError("an answer without the tokens that were asked for") }
        (token, accessToken) = (successor, access)
    }

    /// Measures beside the bare signature, and beside the verification of the proof too if there is one.
    static func measure(seconds: Double, connections: Int, withProofs: Bool) async throws -> Comparison {
        let server = try await LoopRequests.start()
        let endpoint = "http://\(server.addresses[0])/oauth/token"
        let sessions = try await BenchmarkSessions(server)
        var clients: [TokenClient] = []
        for index in 1...connections {
            let key = withProofs ? try BenchmarkKey() : nil
            let token = try await sessions.begin(index, boundTo: key?.thumbprint)
            let requests = RefreshRequests(token: token, key: key, endpoint: endpoint)
            clients.append(try TokenClient(port: server.addresses[0].port, requests))
        }
        let bare = try BareSignature(.es256)
        return try await LoopRequests.compare(
            withProofs ? "refresh request with a DPoP proof" : "refresh request over a socket",
            server,
            clients,
            seconds: seconds
        ) {
            if withProofs { bare.verify() }
            bare.sign()
        }
    }
}
