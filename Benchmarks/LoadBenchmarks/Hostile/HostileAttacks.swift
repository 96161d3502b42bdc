import BenchmarkSupport
import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP

/// Makes the attacks for one server.
struct HostileAttacks {
    let host: LoadHost
    /// A valid access token, whose signature the forgers replace.
    let accessToken: String
    /// The part of the full load: 1, or less for a short run.
    let scale: Double
    /// How many connections both processes have descriptors for.
    let connectionsMax: Int
    /// Clients that registered themselves with RSA keys.
    let keyHolders: [String]

    init(_ host: LoadHost, scale: Double) throws {
        self.host = host
        self.scale = scale
        // The server and the load need some beside the connections of the attack.
        connectionsMax = max(1, DescriptorLimit.raise(to: 65_536) - 1000)
        accessToken = try host.refresh(host.refreshTokens[0]).access
        keyHolders = try (0..<4).map { try Self.registerKeyHolder(host, $0) }
    }

    func attack(_ row: HostileRow) throws -> any Attack {
        switch row {
        case .slowConnections: slowConnections
        case .registrations: flood(2000) { Self.registration($0) }
        case .authorizations: abandonedLogins
        case .forgedTokens: flood(2000, forgedToken)
        case .wrongCodes: flood(2000, Self.wrongCode)
        case .wrongSecrets: flood(2000, Self.wrongSecret)
        case .assertions: flood(1000, assertion)
        case .oversize: flood(500, connectionCount: 256, Self.oversize)
        case .malformed: flood(1000, connectionCount: 256, Self.malformed)
        case .handshakes: try stalledHandshakes
        case .silentDocuments: flood(200, Self.silentDocument)
        case .heldRequests: heldRequests
        }
    }

    private func flood(
        _ perSecond: Double,
        connectionCount: Int = 64,
        _ request: @escaping (Int) -> [UInt8]
    ) -> RequestFlood {
        RequestFlood(perSecond * scale, connectionCount: connectionCount, request)
    }

    private func scaled(_ count: Int) -> Int { min(connectionsMax, max(1, Int(Double(count) * scale))) }

    // MARK: - Held connections

    private var slowConnections: HeldConnections {
        let beginning = Array("POST /oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ".utf8)
        return HeldConnections(
            2000 * scale,
            connectionCount: scaled(4000),
            preparedCount: scaled(4000),
            drop: "a"
        ) { _ in beginning }
    }

    // Half of them say nothing; the others send a real first flight, whose answer costs the server a signature.
    private var stalledHandshakes: HeldConnections {
        get throws {
            let hello = try ClientTLS().firstFlight()
            return HeldConnections(
                500 * scale,
                connectionCount: scaled(2000),
                preparedCount: scaled(1000),
                drop: ""
            ) { $0.isMultiple(of: 2) ? hello : [] }
        }
    }

    // Most hold 12 KB, and some as much as one request may have: more together than the budget for all of them.
    private var heldRequests: HeldConnections {
        let head = "POST /oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 65000\r\n"
        let small = Array((head + "\r\n" + String(repeating: "a", count: 12_000)).utf8)
        let field = String(repeating: "b", count: 15_000)
        let large = Array(
            (head + "X-A: \(field)\r\nX-B: \(field)\r\n\r\n" + String(repeating: "a", count: 64_000)).utf8
        )
        return HeldConnections(
            1000 * scale,
            connectionCount: scaled(20_000),
            preparedCount: scaled(20_000),
            drop: ""
        ) { $0.isMultiple(of: 10) ? large : small }
    }

    // MARK: - Floods

    private var abandonedLogins: RequestFlood {
        RequestFlood(500 * scale, follow: AuthorizationFlow.consent) { _ in AuthorizationFlow.request }
    }

    private static func registration(_ number: Int) -> [UInt8] {
        let body = """
            {"client_name":"Flood \(number)","redirect_uris":["http://127.0.0.1:1/callback"],\
            "token_endpoint_auth_method":"none"}
            """
        return RequestText.post("/oauth/register", body, type: "application/json")
    }

    private func forgedToken(_ number: Int) -> [UInt8] {
        let parts = accessToken.split(separator: ".")
        let signature = Base64URL.encode(Self.noise("signature \(number)", count: 64))
        let token = parts.dropLast().joined(separator: ".") + "." + signature
        return RequestText.get("/connections", fields: "Authorization: Bearer \(token)\r\n")
    }

    private static func wrongCode(_ number: Int) -> [UInt8] {
        let form = FormParameters.serialize([
            ("grant_type", "authorization_code"), ("client_id", Population.clientID),
            ("redirect_uri", Population.redirectURI), ("code_verifier", IssuedCodes.verifier),
            ("code", Base64URL.encode(noise("code \(number)", count: 32))),
        ])
        return RequestText.post("/oauth/token", form)
    }

    private static func wrongSecret(_ number: Int) -> [UInt8] {
        RequestText.post(
            "/oauth/introspect",
            FormParameters.serialize([("token", "unknown")]),
            fields: RequestText.basic((LoadServer.resourceServer.id, "guess-\(number)"))
        )
    }

    private static func silentDocument(_ number: Int) -> [UInt8] {
        let query = FormParameters.serialize([
            ("response_type", "code"), ("client_id", "https://host\(number).silent.example/client.json"),
            ("redirect_uri", "http://127.0.0.1:1/callback"), ("state", "s"), ("code_challenge_method", "S256"),
            ("code_challenge", Base64URL.encode(noise("challenge", count: 32))),
        ])
        return RequestText.get("/oauth/authorize?" + query)
    }

    // MARK: - Assertions

    private func assertion(_ number: Int) -> [UInt8] {
        let client = keyHolders[number % keyHolders.count]
        let claims = """
            {"iss":"\(client)","sub":"\(client)","aud":"\(host.issuer)","jti":"\(number)","exp":4102444800}
            """
        let signed = Base64URL.encode(Array(#"{"alg":"RS256"}"#.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
        let form = FormParameters.serialize([
            ("grant_type", "refresh_token"), ("refresh_token", "gr_unknown"), ("client_id", client),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", signed + "." + Base64URL.encode(Self.noise("assertion \(number)", count: 512))),
        ])
        return RequestText.post("/oauth/token", form)
    }

    private static func registerKeyHolder(_ host: LoadHost, _ number: Int) throws -> String {
        var modulus = noise("modulus \(number)", count: 512)
        modulus[0] |= 0x80
        modulus[511] |= 1
        let body = """
            {"redirect_uris":["http://127.0.0.1:1/callback"],"token_endpoint_auth_method":"private_key_jwt",\
            "jwks":{"keys":[{"kty":"RSA","n":"\(Base64URL.encode(modulus))","e":"AQAB"}]}}
            """
        let answer = try host.answer(RequestText.post("/oauth/register", body, type: "application/json"))
        try answer.require(201)
        return String(decoding: try answer.member("client_id"), as: UTF8.self)
    }

    private static func noise(_ seed: String, count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += SHA256.hash("\(seed) \(bytes.count)").bytes }
        return Array(bytes.prefix(count))
    }

    // MARK: - Requests that are refused as HTTP

    private static func oversize(_ number: Int) -> [UInt8] { oversizeRequests[number % oversizeRequests.count] }

    private static let oversizeRequests = [
        RequestText.get("/oauth/authorize", fields: "X-Long: \(String(repeating: "a", count: 20_000))\r\n"),
        RequestText.get("/oauth/authorize?" + String(repeating: "a", count: 20_000)),
        RequestText.get("/oauth/authorize", fields: String(repeating: "X-Many: a\r\n", count: 200)),
        RequestText.post("/oauth/token", String(repeating: "a", count: 70_000)),
        RequestText.post("/oauth/register", String(repeating: "[", count: 60_000), type: "application/json"),
    ]

    private static func malformed(_ number: Int) -> [UInt8] { malformedRequests[number % malformedRequests.count] }

    private static let malformedRequests = [
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST /oauth/token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/3.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\nHost : a\n\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
    ].map { Array($0.utf8) }
}
