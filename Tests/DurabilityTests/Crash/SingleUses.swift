import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol

/// What a player may use once, ever: what was used is presented again after every crash.
struct SingleUses: Sendable {
    enum Kind: String, CaseIterable {
        /// RFC 7523 §2.2: a client's assertion, however the request ends that it came with.
        case assertion
        /// RFC 7523 §2.1: a workload's assertion.
        case workload
        /// ID-JAG: an organisation's assertion for a user.
        case identity
        /// RFC 9449 §11.1: a proof that came with a bound token to one of our own resources.
        case proof
    }

    /// A session whose access token is bound to a key.
    private struct BoundSession {
        let key: TestProofKey
        let token: String
        let madeAt: Timestamp
    }

    private let number: Int
    private let deployment: StorageDeployment
    /// A client that authenticates with a key, once it is registered.
    private var keyHolder: (client: OAuthTestClient, key: TestClientKey)?
    /// A client of identity assertions, once it is registered.
    private var assistant: OAuthTestClient?
    private var bound: BoundSession?
    /// Those that were used, the last four of each kind.
    private var used: [Kind: [String]] = [:]
    private var serial = 0

    /// What must never be seen on the disk.
    private(set) var secrets: [String] = []
    var life = 0

    init(number: Int, deployment: StorageDeployment) {
        self.number = number
        self.deployment = deployment
    }

    /// Uses a new one, which must count.
    ///
    /// - Throws: ``Violation`` when it does not.
    mutating func use(_ kind: Kind) async throws {
        serial += 1
        let value = try await make(kind)
        let answer = try await present(value, kind)
        guard isFirst(answer, kind) else { throw violation("a new \(kind) was not accepted", answer) }
        used[kind] = used[kind, default: []].suffix(3) + [value]
    }

    /// Checks that none of those that were used counts again, and that new ones do.
    ///
    /// - Throws: ``Violation`` when one does.
    mutating func verify() async throws {
        for (kind, values) in used {
            for value in values {
                let answer = try await present(value, kind)
                guard isRefused(answer, kind) else { throw violation("a used \(kind) counts again", answer) }
            }
        }
        for kind in Kind.allCases { try await use(kind) }
    }

    // MARK: - The kinds

    private mutating func make(_ kind: Kind) async throws -> String {
        let now = SystemTimeSource().now()
        let tokenID = "\(number)-\(serial)-\(life)"
        switch kind {
        case .assertion:
            let key = try await registeredKeyHolder().key
            return try key.sign(key.claims(for: deployment.issuer, now: now, tokenID: tokenID))
        case .workload:
            let claims = claims("job-\(number)", deployment.issuer + "/oauth/token", tokenID, now)
            return try deployment.provider.signedToken(claims)
        case .identity:
            var claims = claims("colleague-\(number)", deployment.issuer, tokenID, now)
            claims["client_id"] = .string(try await registeredAssistant().id)
            claims["scope"] = "mcp:read"
            return try deployment.provider.signedToken(claims, type: "oauth-id-jag+jwt")
        case .proof:
            let bound = try await boundSession(now)
            return try bound.key.proof("GET", userInfo, now: now, accessToken: bound.token)
        }
    }

    private func claims(_ subject: String, _ audience: String, _ tokenID: String, _ now: Timestamp) -> JSONObject {
        let now = Int(now.secondsSinceEpoch)
        return [
            "iss": .string(deployment.provider.issuer), "sub": .string(subject), "aud": .string(audience),
            "iat": .integer(now), "exp": .integer(now + 3000), "jti": .string(tokenID),
        ]
    }

    private func present(_ value: String, _ kind: Kind) async throws -> OAuthTestClient.Answer {
        let jwtBearer = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", value),
            ("resource", TestServer.resource),
        ]
        switch kind {
        case .assertion:
            guard let client = keyHolder?.client else { throw Violation("there is no client with a key") }
            let form = [("grant_type", "refresh_token"), ("refresh_token", "gr_unknown"), ("client_id", client.id)]
            return try await client.token(form + TestClientKey.form(value))
        case .workload:
            return try await deployment.client.token(jwtBearer)
        case .identity:
            guard let assistant else { throw Violation("there is no client of identity assertions") }
            return try await assistant.token(jwtBearer + [("client_id", assistant.id)])
        case .proof:
            guard let bound else { throw Violation("there is no session that is bound to a key") }
            let fields = [(name: "authorization", value: "DPoP " + bound.token), (name: "dpop", value: value)]
            return try await deployment.client.send("GET", userInfo, headerFields: fields)
        }
    }

    private func isFirst(_ answer: OAuthTestClient.Answer, _ kind: Kind) -> Bool {
        // The client is known by its assertion; its refresh token is not.
        kind == .assertion ? answer.error == "invalid_grant" : answer.status == 200
    }

    private func isRefused(_ answer: OAuthTestClient.Answer, _ kind: Kind) -> Bool {
        switch kind {
        case .assertion: answer.error == "invalid_client"
        case .workload, .identity: answer.error == "invalid_grant"
        case .proof: answer.status == 401
        }
    }

    // MARK: - Who uses them

    private var userInfo: String { deployment.issuer + "/oauth/userinfo" }

    private mutating func registeredKeyHolder() async throws -> (client: OAuthTestClient, key: TestClientKey) {
        if let keyHolder { return keyHolder }
        var key = try TestClientKey("")
        let client = try await registered([
            "token_endpoint_auth_method": "private_key_jwt", "jwks": .object(key.keySet),
        ])
        key.clientID = client.id
        keyHolder = (client, key)
        return (client, key)
    }

    private mutating func registeredAssistant() async throws -> OAuthTestClient {
        if let assistant { return assistant }
        let grants: JSONValue = [
            "authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ]
        let client = try await registered(["token_endpoint_auth_method": "none", "grant_types": grants])
        assistant = client
        return client
    }

    private func registered(_ metadata: JSONObject) async throws -> OAuthTestClient {
        var (client, metadata) = (deployment.client, metadata)
        metadata["redirect_uris"] = [.string(client.redirectURI)]
        let answer = try await client.register(metadata)
        guard answer.status == 201, let id = answer["client_id"] else {
            throw violation("a client was not registered", answer)
        }
        client.id = id
        return client
    }

    /// A session for proofs; another one before the access token expires.
    private mutating func boundSession(_ now: Timestamp) async throws -> BoundSession {
        if let bound, now - bound.madeAt < .seconds(1800) { return bound }
        // Proofs of another token would be refused for that.
        used[.proof] = nil
        var client = try await registered(["token_endpoint_auth_method": "none"])
        client.scope = "openid mcp:read"
        let user = "player\(number)-bound\(serial)"
        await deployment.provider.setUser(
            DevelopmentUser(
                subject: user,
                name: "Person \(user)",
                email: "\(user)@players.example",
                numericID: Int64(number * 1_000_000 + 500_000 + serial)
            )
        )
        let key = try TestProofKey()
        let form = client.redemption(try await deployment.code(for: client, user: user))
        let answer = try await client.send(
            "POST",
            "/oauth/token",
            headerFields: [
                (name: "content-type", value: "application/x-www-form-urlencoded"),
                (name: "dpop", value: try key.proof("POST", deployment.issuer + "/oauth/token", now: now)),
            ],
            body: Array(FormParameters.serialize(form).utf8)
        )
        guard answer.status == 200, let token = answer["access_token"] else {
            throw violation("a code with a proof was not redeemed", answer)
        }
        secrets.append(token)
        let session = BoundSession(key: key, token: token, madeAt: now)
        bound = session
        return session
    }

    private func violation(_ what: String, _ answer: OAuthTestClient.Answer) -> Violation {
        let detail = "\(answer.error ?? "") \(answer["error_description"] ?? "")"
        return Violation("player \(number) in life \(life): \(what); answered \(answer.status) \(detail)")
    }
}
