import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import Synchronization

/// A server whose clients prove themselves with keys.
enum AssertionScene {
    /// The pre-registered client `batch` with its keys in the configuration.
    static func client(
        _ key: TestClientKey,
        grants: [GrantType] = [.clientCredentials]
    ) -> Configuration.Client {
        var client = Configuration.Client(clientID: key.clientID)
        client.tokenEndpointAuthMethod = .privateKeyJWT
        client.jwks = String(decoding: key.keySet.serialized(), as: UTF8.self)
        client.grantTypes = grants
        return client
    }

    /// The pre-registered client with its keys behind a URL.
    static func client(_ key: TestClientKey, keySetURI: String) -> Configuration.Client {
        var client = client(key)
        client.jwks = nil
        client.jwksURI = keySetURI
        return client
    }

    /// A request for a token of the client itself.
    static let credentialsForm = [("grant_type", "client_credentials"), ("resource", TestServer.resource)]
}

extension TestServer {
    /// A party that sends requests without being a registered client.
    var visitor: OAuthTestClient {
        OAuthTestClient(issuer: issuer, transport: transport, resource: TestServer.resource)
    }
}

extension OAuthTestClient {
    /// Asks who the user of an access token is.
    func userInfo(_ token: String) async throws -> Answer {
        try await send("GET", "/oauth/userinfo", headerFields: [("authorization", "Bearer \(token)")])
    }
}

/// Answers in place of the hosts of clients' key sets; every other request is sent to the network.
final class KeySetHost: OutboundTransport {
    private struct State {
        var base: (any OutboundTransport)?
        var answers: [String: Result<OutboundResponse, OutboundError>] = [:]
        var requests: [OutboundRequest] = []
        var gate: [CheckedContinuation<Void, Never>]?
    }

    private let state = Mutex(State())

    /// Forwards what it does not answer itself.
    func attach(_ base: any OutboundTransport) {
        state.withLock { $0.base = base }
    }

    /// Serves a key set at a URL from now on.
    func serve(_ keySet: JSONObject, at url: String, status: Int = 200) {
        answer(url, .success(OutboundResponse(status: status, body: keySet.serialized())))
    }

    /// Answers a URL from now on.
    func answer(_ url: String, _ answer: Result<OutboundResponse, OutboundError>) {
        state.withLock { $0.answers[url] = answer }
    }

    /// Makes answers wait.
    func close() {
        state.withLock { $0.gate = [] }
    }

    /// Releases waiting answers; later ones do not wait.
    func open() {
        let waiting = state.withLock { state in
            defer { state.gate = nil }
            return state.gate ?? []
        }
        for continuation in waiting { continuation.resume() }
    }

    /// The requests so far.
    var requests: [OutboundRequest] {
        state.withLock { $0.requests }
    }

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        let (answer, base) = state.withLock { state in
            let answer = state.answers[request.url]
            if answer != nil { state.requests.append(request) }
            return (answer, state.base)
        }
        guard let answer else {
            guard let base else { throw OutboundError(.connectFailed, "there is no network") }
            return try await base.send(request)
        }
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                guard state.gate != nil else { return true }
                state.gate?.append(continuation)
                return false
            }
            if goesOn { continuation.resume() }
        }
        return try answer.get()
    }
}
