import Foundations
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP

/// GitHub, "Authenticating as a GitHub App installation".
extension UpstreamProvider {
    /// How far back an App's assertion is dated, against a clock that is ahead of GitHub's.
    static let appBackdating: Duration = .seconds(60)
    /// How long an App's assertion is valid from its `iat` on: GitHub accepts at most ten minutes.
    static let appLifetime: Duration = .seconds(600)

    /// Asks for a token of an installation, which lives for an hour.
    func token(of installation: GitHubInstallation) async throws(UpstreamError) -> UpstreamTokenResponse {
        let now = timeSource.now()
        let assertion = try Self.appAssertion(of: try await client(), now)
        let fields = [
            (name: "Authorization", value: "Bearer " + assertion),
            (name: "Accept", value: "application/vnd.github+json"),
            (name: "Content-Type", value: "application/json"), (name: "X-GitHub-Api-Version", value: "2022-11-28"),
            (name: "User-Agent", value: "gatehouse"),
        ]
        try breaker.enter(now: now)
        do throws(UpstreamError) {
            let response = try await exchange.send(
                method: "POST",
                url: installation.tokenURL,
                headerFields: fields,
                body: installation.body.serialized()
            )
            let answer = try installation.answer(response)
            let reading = UpstreamTokenResponse.Reading(
                behaviour: configuration.behaviour,
                layouts: [GitHubInstallation.layout],
                requestedScopes: .empty
            )
            let token = try UpstreamTokenResponse(answer, reading, receivedAt: timeSource.now())
            breaker.leave(nil, now: timeSource.now())
            return token
        } catch {
            breaker.leave(error, now: timeSource.now())
            throw error.withholding([assertion])
        }
    }

    private static func appAssertion(of client: UpstreamClient, _ now: Timestamp) throws(UpstreamError) -> String {
        guard case .privateKeyJWT(let key) = client.authentication else {
            throw UpstreamError(.misconfigured, "a GitHub App needs its private key")
        }
        let issuedAt = now + (.zero - appBackdating)
        let claims: JSONObject = [
            "iss": .string(client.id), "iat": .integer(Int(issuedAt.secondsSinceEpoch)),
            "exp": .integer(Int((issuedAt + appLifetime).secondsSinceEpoch)),
        ]
        do {
            return try key.sign(type: "JWT", payload: claims.serialized())
        } catch {
            throw UpstreamError(.misconfigured, "the GitHub App's private key cannot sign")
        }
    }
}

extension GitHubInstallation {
    /// Where tokens are asked for.
    var tokenURL: String { "\(base)/app/installations/\(id)/access_tokens" }

    /// A page of the App, which answers a look at the API.
    var appURL: String { base + "/app" }

    private var base: String { api.hasSuffix("/") ? String(api.dropLast()) : api }

    /// Without `repositories` and `permissions` a token may do what the installation may.
    var body: JSONObject {
        var body: JSONObject = [:]
        if !repositories.isEmpty { body["repositories"] = .strings(repositories) }
        if !permissions.isEmpty {
            body["permissions"] = .object(JSONObject(permissions.map { ($0.name, .string($0.value)) }))
        }
        return body
    }

    /// The members of an answer; `token` is not `access_token`.
    static let layout: TokenResponseLayout = {
        var layout = TokenResponseLayout()
        layout.accessToken = ["token"]
        layout.expiresAt = ["expires_at"]
        return layout
    }()

    /// The answer, or what its status means: GitHub has no OAuth error values here.
    func answer(_ response: OutboundResponse) throws(UpstreamError) -> JSONObject {
        let json = UpstreamAnswer.readObject(response)
        guard response.status != 201 else {
            guard let json else { throw UpstreamError(.invalidResponse, "GitHub's answer is not a JSON object") }
            return json
        }
        throw refusal(response).saying(ProviderWords(status: response.status, json: json))
    }

    private func refusal(_ response: OutboundResponse) -> UpstreamError {
        let isOverLimit = response.retryAfter != nil || response.values(of: "X-RateLimit-Remaining").first == "0"
        switch response.status {
        case 401:
            return UpstreamError(.invalidClient, "GitHub does not accept the App's assertion")
        case 403 where isOverLimit:
            return .temporary("GitHub's rate limit is reached", retryAfter: response.retryAfter)
        case 403:
            return UpstreamError(.invalidClient, "the GitHub App's installation is suspended or may not be used")
                .because(.installationSuspended)
        case 404:
            return UpstreamError(.invalidClient, "the GitHub App has no such installation")
                .because(.installationRemoved)
        case 422:
            return UpstreamError(.misconfigured, "the installation does not have these repositories or permissions")
        default: return UpstreamError(status: response.status, retryAfter: response.retryAfter)
        }
    }
}
