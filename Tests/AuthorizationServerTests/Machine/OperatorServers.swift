import AuthorizationServerTesting
import Foundation
import OAuthProtocol
import OutboundHTTP
import Synchronization

/// A partner's token endpoint and GitHub's API, which give tokens to the operator; other requests go to the network.
final class OperatorServers: OutboundTransport {
    /// What a request for a token is answered with.
    enum Reply: Sendable {
        /// A new token each time, with further members; `nil` removes one.
        case token([String: JSONValue?] = [:])
        case answer(status: Int, JSONObject, headerFields: [(String, String)] = [])
        case lost
    }

    private struct State {
        var base: (any OutboundTransport)?
        var reply = Reply.token()
        var requests: [OutboundRequest] = []
    }

    static let tokenURL = "https://as.partner.example/token"
    static let installation = "4711"
    private static let hosts = ["https://as.partner.example/", "https://api.github.com/", "https://hub.corp.example/"]

    private let clock: ManualClock
    private let state = Mutex(State())

    init(clock: ManualClock) { self.clock = clock }

    /// Forwards what it does not answer itself.
    func attach(_ base: any OutboundTransport) { state.withLock { $0.base = base } }

    /// Answers so from now on.
    func answer(_ reply: Reply) { state.withLock { $0.reply = reply } }

    /// The requests for tokens so far.
    var requests: [OutboundRequest] { state.withLock(\.requests) }

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        guard Self.hosts.contains(where: { request.url.hasPrefix($0) }) else {
            guard let base = state.withLock({ $0.base }) else {
                throw OutboundError(.connectFailed, "there is no network")
            }
            return try await base.send(request)
        }
        let (reply, count) = state.withLock { state in
            state.requests.append(request)
            return (state.reply, state.requests.count)
        }
        switch reply {
        case .lost: throw OutboundError(.timeout, "no answer")
        case .answer(let status, let json, let fields):
            return OutboundResponse(
                status: status,
                headerFields: fields.map { (name: $0.0, value: $0.1) },
                body: json.serialized()
            )
        case .token(let changes):
            let isGitHub = request.url.hasSuffix("/access_tokens")
            var json = isGitHub ? Self.installationToken(count, clock.now()) : Self.clientToken(count)
            for (name, value) in changes.sorted(by: { $0.key < $1.key }) { json[name] = value }
            return OutboundResponse(status: isGitHub ? 201 : 200, headerFields: [], body: json.serialized())
        }
    }

    private static func clientToken(_ count: Int) -> JSONObject {
        ["access_token": .string("partner-token-\(count)"), "token_type": "Bearer", "expires_in": 3600]
    }

    /// GitHub REST API, "Create an installation access token for an app": the answer's members.
    private static func installationToken(_ count: Int, _ now: Timestamp) -> JSONObject {
        [
            "token": .string("ghs_installation-token-\(count)"),
            "expires_at": .string(
                Date(timeIntervalSince1970: Double(now.secondsSinceEpoch + 3600)).formatted(.iso8601)
            ),
            "permissions": ["contents": "read", "metadata": "read"], "repository_selection": "selected",
            "repositories": [["id": 1_296_269, "name": "Hello-World", "full_name": "octocat/Hello-World"]],
        ]
    }
}
