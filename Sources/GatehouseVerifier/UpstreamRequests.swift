import OAuthProtocol
import Synchronization

/// The two requests about upstream tokens (RFC 8693, and the report of an invalid token), and what their answers mean.
final class UpstreamRequests: Sendable {
    private let issuer: String
    private let authorization: String
    private let send: @Sendable (IssuerRequest) async throws -> IssuerAnswer
    private let tokenEndpoint = Mutex<String?>(nil)

    private static let accessTokenType = "urn:ietf:params:oauth:token-type:access_token"
    private static let tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"

    init(
        issuer: String,
        authorization: String,
        send: @escaping @Sendable (IssuerRequest) async throws -> IssuerAnswer
    ) {
        self.issuer = issuer
        self.authorization = authorization
        self.send = send
    }

    func exchange(
        _ userToken: String,
        _ upstream: String,
        _ wish: UpstreamWish,
        now: Int64
    ) async throws(UpstreamTokenError) -> UpstreamToken {
        var form = [
            ("grant_type", Self.tokenExchange), ("subject_token", userToken),
            ("subject_token_type", Self.accessTokenType), ("audience", upstream),
        ]
        if !wish.scopes.isEmpty { form.append(("scope", wish.scopes.joined(separator: " "))) }
        if let account = wish.account { form.append(("account", account)) }
        let answer = try await post(try await endpoint(), form, upstream)
        guard (200..<300).contains(answer.status) else { throw Self.refusal(answer, upstream) }
        guard let json = Self.json(answer), let token = json["access_token"]?.stringValue else {
            throw .unavailable(reason: "the issuer's answer is not understood", retryAfterSeconds: nil)
        }
        // Gatehouse replaces a token when less than this remains; without an expiry the user may have disconnected.
        let lifetime = json["expires_in"]?.integerValue.map { Int64(max(0, min($0, 86_400 * 365))) }
        let remaining = lifetime.map { $0 - min(60, $0 / 10) } ?? 300
        let until = min(now + remaining, Self.expiry(of: userToken) ?? now)
        return UpstreamToken(json, upstream: upstream, accessToken: token, useUntil: until)
    }

    func report(
        _ digest: String,
        of upstream: String,
        _ userToken: String
    ) async throws(UpstreamTokenError) {
        let form = [
            ("subject_token", userToken), ("subject_token_type", Self.accessTokenType), ("audience", upstream),
            ("token_sha256", digest),
        ]
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let answer = try await post(base + "/oauth/report-invalid", form, upstream)
        // 429: the token was replaced less than a minute ago; the next retrieval has what there is.
        guard (200..<300).contains(answer.status) || answer.status == 429 else {
            throw Self.refusal(answer, upstream)
        }
    }

    /// RFC 8414: where tokens are exchanged, read once.
    private func endpoint() async throws(UpstreamTokenError) -> String {
        if let known = tokenEndpoint.withLock({ $0 }) { return known }
        guard let url = KeySource.metadataURL(of: issuer) else {
            throw .misconfigured(reason: "the issuer is not a URL")
        }
        let answer = try await request("GET", url, [])
        guard answer.status == 200, let json = Self.json(answer) else {
            throw .unavailable(reason: "\(url) answers \(answer.status)", retryAfterSeconds: answer.retryAfterSeconds)
        }
        guard json["issuer"]?.stringValue == issuer, let endpoint = json["token_endpoint"]?.stringValue else {
            throw .misconfigured(reason: "\(url) is another issuer's, or has no token endpoint")
        }
        tokenEndpoint.withLock { $0 = endpoint }
        return endpoint
    }

    private func post(
        _ url: String,
        _ form: [(String, String)],
        _ upstream: String
    ) async throws(UpstreamTokenError) -> IssuerAnswer {
        try await request("POST", url, Array(FormParameters.serialize(form).utf8))
    }

    private func request(
        _ method: String,
        _ url: String,
        _ body: [UInt8]
    ) async throws(UpstreamTokenError) -> IssuerAnswer {
        do {
            return try await send(
                IssuerRequest(
                    method: method,
                    url: url,
                    authorization: authorization,
                    contentType: "application/x-www-form-urlencoded",
                    body: body
                )
            )
        } catch {
            throw .unavailable(reason: "the issuer does not answer: \(error)", retryAfterSeconds: nil)
        }
    }

    private static func json(_ answer: IssuerAnswer) -> JSONObject? {
        // Without an object the status says it all.
        try? JSONParser.parseObject(answer.body)
    }

    private static func refusal(_ answer: IssuerAnswer, _ upstream: String) -> UpstreamTokenError {
        let json = json(answer) ?? [:]
        let error = json["error"]?.stringValue ?? ""
        let text = "\(answer.status) \(error): \(json["error_description"]?.stringValue ?? "")"
        switch (error, answer.status) {
        case ("interaction_required", _):
            return .connectRequired(
                ConnectRequest(
                    upstream: upstream,
                    reason: json["reason"]?.stringValue ?? "",
                    connectURI: json["connect_uri"]?.stringValue ?? "",
                    missingScopes: json["missing_scopes"]?.stringArrayValue ?? []
                )
            )
        case ("access_denied", _): return .denied(reason: json["reason"]?.stringValue ?? text)
        case ("invalid_grant", _): return .userTokenRefused(reason: text)
        case (_, 429), (_, 502...504):
            return .unavailable(reason: text, retryAfterSeconds: answer.retryAfterSeconds)
        default: return .misconfigured(reason: text)
        }
    }

    /// `exp` of a token that the server has verified: nothing is kept longer than the token that it was retrieved with.
    private static func expiry(of userToken: String) -> Int64? {
        let parts = userToken.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64URL.decode(String(parts[1])),
            // A token that is none is refused by the issuer.
            let claims = try? JSONParser.parseObject(bytes)
        else { return nil }
        return claims["exp"]?.integerValue.map(Int64.init)
    }
}

extension TokenVerifier {
    /// RFC 6749 §2.3.1: HTTP Basic, both parts encoded as in a form.
    static func basic(_ id: String, _ secret: String) -> String {
        "Basic " + Base64.encode(Array((PercentEncoding.encode(id) + ":" + PercentEncoding.encode(secret)).utf8))
    }
}
