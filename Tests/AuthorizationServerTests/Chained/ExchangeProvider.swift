import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import Synchronization
import UpstreamIdentity

/// Answers exchanges at an identity provider's own token endpoint (RFC 8693, and Entra's on-behalf-of), and sends every
/// other request to the network.
final class ExchangeProvider: OutboundTransport {
    /// What an exchange is answered with.
    enum Reply: Sendable {
        /// A new token each time, with further members; `nil` removes one.
        case token([String: JSONValue?] = [:])
        case answer(status: Int, JSONObject)
        case lost
    }

    private struct State {
        var base: (any OutboundTransport)?
        var replies: [Reply] = []
        var exchanges: [(url: String, form: FormParameters, authorization: String?)] = []
    }

    private let state = Mutex(State())

    /// Forwards what it does not answer itself.
    func attach(_ base: any OutboundTransport) { state.withLock { $0.base = base } }

    /// Answers so from now on, the last one again and again.
    func answer(_ replies: Reply...) { state.withLock { $0.replies = replies } }

    /// The forms of the exchanges so far.
    var exchanges: [FormParameters] { state.withLock { $0.exchanges.map(\.form) } }

    /// The address of each, and its `Authorization`.
    var addresses: [(url: String, authorization: String?)] {
        state.withLock { $0.exchanges.map { ($0.url, $0.authorization) } }
    }

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        // What is no form is none of these requests.
        let form = request.method == "POST" ? try? FormParameters(parsing: request.body) : nil
        let types = [GrantType.tokenExchange.rawValue, GrantType.jwtBearer.rawValue]
        guard let form, let type = form.values("grant_type").first, types.contains(type) else {
            guard let base = state.withLock({ $0.base }) else {
                throw OutboundError(.connectFailed, "there is no network")
            }
            return try await base.send(request)
        }
        let (reply, count) = state.withLock { state in
            let authorization = request.headerFields.first { $0.name == "Authorization" }?.value
            state.exchanges.append((request.url, form, authorization))
            let reply = state.replies.first ?? .token()
            if state.replies.count > 1 { state.replies.removeFirst() }
            return (reply, state.exchanges.count)
        }
        switch reply {
        case .lost: throw OutboundError(.timeout, "no answer")
        case .answer(let status, let json):
            return OutboundResponse(status: status, headerFields: [], body: json.serialized())
        case .token(let changes):
            var json: JSONObject = [
                "access_token": .string("exchanged-token-\(count)"), "token_type": "Bearer", "expires_in": 3600,
            ]
            if type == GrantType.tokenExchange.rawValue {
                json["issued_token_type"] = "urn:ietf:params:oauth:token-type:access_token"
            }
            for (name, value) in changes.sorted(by: { $0.key < $1.key }) { json[name] = value }
            return OutboundResponse(status: 200, headerFields: [], body: json.serialized())
        }
    }

    /// An upstream `api` whose tokens follow from those of `corp`.
    static func upstream(_ exchange: Configuration.Upstream.Exchange) -> Configuration.Upstream {
        var upstream = Configuration.Upstream(name: "api", preset: .chained, clientID: nil)
        upstream.source = "corp"
        upstream.chain.exchange = exchange
        upstream.login = .onDemand
        return upstream
    }

    /// A server with that upstream, whose identity provider exchanges tokens.
    static func run(
        _ upstream: Configuration.Upstream,
        _ body: (VaultScene, ExchangeProvider) async throws -> Void
    ) async throws {
        let provider = ExchangeProvider()
        try await VaultScene.run(
            configure: { configuration in
                configuration.upstreams.append(upstream)
                configuration.resources[0].upstreams = ["corp", "api"]
                configuration.tokens.accessTokenLifetime = .seconds(86_400)
            },
            environment: { environment in
                provider.attach(environment.transport)
                environment.transport = provider
                environment.maintainsOnTimer = false
            },
            { try await body($0, provider) }
        )
    }
}
