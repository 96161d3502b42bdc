import AuthorizationServer
import DurableLog
import OAuthProtocol
import OAuthState

/// Sessions of one user, written by the store itself: as many logins would take minutes.
struct ManySessions {
    /// Refresh tokens of those sessions that belong to the client that is registered.
    let refreshTokens: [String]

    /// A user has at most a hundred sessions of each client, and some are there already.
    private static let countPerClient = 90

    /// Adds sessions like the given one, whose server does not run.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - tsid: The session to copy, of a client that is registered.
    ///   - deployment: Whose storage directory it is.
    /// - Returns: Tokens to try.
    /// - Throws: `Violation` when there is no such session, and what the storage refuses.
    static func add(_ count: Int, like tsid: String, to deployment: StorageDeployment) async throws -> ManySessions {
        try await deployment.opened { store in
            let now = SystemTimeSource().now()
            let storage = try await MemoryStorage(StoreSettings(), directory: store, journal: store.journal)
            guard let id = SessionID(tsid), let model = await storage.memory.sessions.session(id, now: now) else {
                throw Violation("no session \(tsid)")
            }
            // The secret that the server made at its first start; another one is not taken.
            let secret = try await storage.memory.keys.serverSecret(candidate: []).outcome
            let key = RefreshTokenKey(secret: secret)
            var tokens: [String] = []
            for number in 0..<count {
                let session = Self.session(number, like: model)
                let receipt = try await storage.memory.sessions.start(session, now: now)
                if number < countPerClient {
                    tokens.append(RefreshToken(family: session.id, generation: 1, key: key).wireValue)
                }
                // Waiting for the last one is waiting for all.
                guard number < count - 1 else {
                    guard try await receipt.outcome == .admitted else { throw Violation("a session was not admitted") }
                    break
                }
            }
            try await storage.writeSnapshot(now: now)
            return ManySessions(refreshTokens: tokens)
        }
    }

    private static func session(_ number: Int, like model: Session) -> Session {
        let client = number / countPerClient
        return Session(
            id: SessionID(value: Bits128(UInt64(number + 1))),
            userID: model.userID,
            clientID: client == 0 ? model.clientID : "agent-\(client)",
            scopes: model.scopes,
            resource: model.resource,
            connections: model.connections,
            authenticatedAt: model.authenticatedAt,
            absoluteExpiry: model.absoluteExpiry,
            idleExpiry: model.idleExpiry,
            generation: 1,
            rotatedAt: model.rotatedAt
        )
    }
}
