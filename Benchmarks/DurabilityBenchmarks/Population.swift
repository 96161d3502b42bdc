import AuthorizationServer
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// Sessions as a large deployment has them: each with a user, an identity and a connection with upstream tokens.
enum Population {
    static let clientID = "benchmark"
    static let resource = "https://mcp.example.com/mcp"
    static let upstream = "corp"
    static let now = Timestamp(secondsSinceEpoch: 1_795_420_800)
    private static let scopes = ScopeSet(["mcp:read", "offline_access"])

    static func sessionID(_ index: Int) -> SessionID {
        SessionID(value: spread(index, 1))
    }

    static func session(_ index: Int, userID: UserID = UserID(value: 1), connections: [ConnectionID] = []) -> Session {
        Session(
            id: sessionID(index),
            userID: userID,
            clientID: clientID,
            scopes: scopes,
            resource: resource,
            connections: connections,
            authenticatedAt: now,
            absoluteExpiry: now + .seconds(30 * 86_400),
            idleExpiry: now + .seconds(7 * 86_400),
            generation: 1,
            rotatedAt: now
        )
    }

    /// Fills a server's stores.
    static func fill(_ stores: ServerStores, count: Int, sealing: TokenSealing) async throws {
        let client = OAuthProtocol.Client(
            id: clientID,
            kind: .dynamic,
            name: "Benchmark",
            redirectURIs: ["http://127.0.0.1:1/callback"],
            grantTypes: [.authorizationCode, .refreshToken],
            authenticationMethods: [TokenEndpointAuthenticationMethod.none],
            issuedAt: now
        )
        _ = await stores.clients.register(client)
        for start in stride(from: 0, to: count, by: 1000) {
            var sessions: [Session] = []
            for index in start..<min(start + 1000, count) {
                sessions.append(try await user(index, in: stores, sealing: sealing))
            }
            try await stores.sessions.load(sessions)
            // The journal's buffer is bounded: what was appended goes to the disk first.
            try await stores.journal.waitUntilDurable(stores.journal.lastPosition)
        }
    }

    private static func user(_ index: Int, in stores: ServerStores, sealing: TokenSealing) async throws -> Session {
        let account = "account-\(index)"
        let login = UserLogin(
            identity: IdentityKey(namespace: "https://login.corp.example", subject: account),
            name: "Person \(index)",
            verifiedEmail: "person-\(index)@corp.example"
        )
        let candidate = UserID(value: spread(index, 2))
        let userID = await stores.vault.resolveUser(login, candidate: candidate, now: now).outcome ?? candidate
        let random = SystemRandomSource()
        let tokens = UpstreamTokens(
            accessToken: Base64URL.encode(random.bytes(48)),
            refreshToken: Base64URL.encode(random.bytes(48))
        )
        let draft = ConnectionDraft(
            userID: userID,
            upstream: upstream,
            account: account,
            accountName: nil,
            tokens: try sealing.seal(tokens, at: .init(userID: userID, upstream: upstream, account: account)),
            scopes: ScopeSet(["openid", "profile", "email"]),
            accessTokenExpiry: now + .seconds(3600),
            upstreamClientID: "gatehouse"
        )
        let stored = await stores.vault.store(draft, candidate: ConnectionID(value: spread(index, 3)), now: now)
        guard case .stored(let connection) = stored.outcome else { throw BenchmarkError("a connection was refused") }
        return session(index, userID: userID, connections: [connection.id])
    }

    /// Distinct numbers that look random, as real identifiers do.
    private static func spread(_ index: Int, _ kind: UInt64) -> UInt128 {
        var mixed = UInt64(index) &* 0x9E37_79B9_7F4A_7C15 &+ kind &* 0xD1B5_4A32_D192_ED03
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        return UInt128(mixed ^ mixed >> 31) << 64 | UInt128(UInt64(index) << 8 | kind)
    }
}

extension AuthorizationSessions {
    /// Takes sessions as recovery does, in one turn.
    func load(_ sessions: [Session]) throws {
        for session in sessions {
            var writer = BinaryWriter(reserving: 256)
            session.write(to: &writer)
            var reader = BinaryReader(writer.bytes)
            try apply(.putSession, &reader)
        }
    }
}
