import AuthorizationServer
import DurableLog
package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// The sessions of a large deployment: each with a user, an identity and a connection with upstream tokens.
package enum Population {
    /// The client of every session.
    package static let clientID = "benchmark"
    /// The resource of every session.
    package static let resource = "https://mcp.example.com/mcp"
    /// The upstream of every connection, unless another is named.
    package static let upstream = "corp"
    /// The time of a population whose server does not use the current time.
    package static let now = Timestamp(secondsSinceEpoch: 1_795_420_800)
    /// The redirect URI of the client.
    package static let redirectURI = "http://127.0.0.1:1/callback"
    /// The unencrypted size of a session's upstream tokens: two of 64 bytes.
    package static let tokenByteCount = 128
    private static let scopes = ScopeSet(["mcp:read", "offline_access"])

    /// Nothing keeps a session of the population from going on.
    package static let conditions = RefreshConditions(neededUpstreams: [resource: []])

    /// The id of a session, by its number.
    package static func sessionID(_ index: Int) -> SessionID {
        SessionID(value: spread(index, 1))
    }

    /// A session by its number.
    package static func session(
        _ index: Int,
        userID: UserID = UserID(value: 1),
        connections: [ConnectionID] = [],
        now: Timestamp = now
    ) -> Session {
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

    /// The properties that distinguish one part of a population from another.
    package struct Part: Sendable {
        /// The numbers of its sessions.
        package var indices: Range<Int>
        /// When its users logged in.
        package var now = Population.now
        /// The upstream of its connections.
        package var upstream = Population.upstream
        /// How long the upstream access tokens are valid.
        package var accessTokenLifetime = Duration.seconds(3600)

        /// The sessions with these numbers.
        package init(_ indices: Range<Int>) {
            self.indices = indices
        }
    }

    /// Fills a server's stores with the first sessions.
    package static func fill(_ stores: MemoryStores, count: Int, sealing: TokenSealing) async throws {
        try await fill(stores, Part(0..<count), sealing: sealing)
    }

    /// Fills a server's stores with a part of the population.
    package static func fill(_ stores: MemoryStores, _ part: Part, sealing: TokenSealing) async throws {
        let client = OAuthProtocol.Client(
            id: clientID,
            kind: .dynamic,
            name: "Benchmark",
            redirectURIs: [redirectURI],
            grantTypes: [.authorizationCode, .refreshToken],
            authenticationMethods: [TokenEndpointAuthenticationMethod.none],
            issuedAt: part.now
        )
        _ = try await stores.clients.register(client).outcome
        for start in stride(from: part.indices.lowerBound, to: part.indices.upperBound, by: 1000) {
            // Side by side, so that one sync serves many of them.
            let sessions = try await withThrowingTaskGroup(of: Session.self) { group in
                for index in start..<min(start + 1000, part.indices.upperBound) {
                    group.addTask { try await user(index, of: part, in: stores, sealing: sealing) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            await stores.sessions.load(sessions)
            // The journal's buffer is bounded: earlier records must reach the disk first.
            try await stores.journal.waitUntilDurable(stores.journal.lastPosition)
        }
    }

    private static func user(
        _ index: Int,
        of part: Part,
        in stores: MemoryStores,
        sealing: TokenSealing
    ) async throws -> Session {
        let account = "account-\(index)"
        let login = UserLogin(
            identity: IdentityKey(namespace: "https://login.corp.example", subject: account),
            name: "Person \(index)",
            verifiedEmail: "person-\(index)@corp.example"
        )
        let candidate = UserID(value: spread(index, 2))
        let userID = try await stores.vault.resolveUser(login, candidate: candidate, now: part.now).outcome ?? candidate
        let random = SystemRandomSource()
        let tokens = UpstreamTokens(
            accessToken: Base64URL.encode(random.bytes(48)),
            refreshToken: Base64URL.encode(random.bytes(48))
        )
        let draft = ConnectionDraft(
            userID: userID,
            upstream: part.upstream,
            account: account,
            accountName: nil,
            tokens: try sealing.seal(tokens, at: .init(userID: userID, upstream: part.upstream, account: account)),
            scopes: ScopeSet(["openid", "profile", "email"]),
            accessTokenExpiry: part.now + part.accessTokenLifetime,
            upstreamClientID: "gatehouse"
        )
        let stored = try await stores.vault.store(
            draft,
            candidate: ConnectionID(value: spread(index, 3)),
            now: part.now
        ).outcome
        guard case .stored(let connection) = stored else { throw BenchmarkError("a connection was refused") }
        return session(index, userID: userID, connections: [connection.id], now: part.now)
    }

    /// Distinct numbers that look random, as real identifiers do.
    private static func spread(_ index: Int, _ kind: UInt64) -> Bits128 {
        var mixed = UInt64(index) &* 0x9E37_79B9_7F4A_7C15 &+ kind &* 0xD1B5_4A32_D192_ED03
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        return Bits128(high: mixed ^ mixed >> 31, low: UInt64(index) << 8 | kind)
    }
}

extension AuthorizationSessions {
    /// Inserts sessions in one step, as recovery does.
    package func load(_ sessions: [Session]) {
        for session in sessions { apply(.putSession(session)) }
    }
}
