import AuthorizationServer
import BenchmarkSupport
import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// Authorization codes that both processes derive from a number: the server issues them as if users had logged in, the
/// load redeems them.
enum IssuedCodes {
    static let verifier = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ"

    static func text(_ number: Int) -> String {
        Base64URL.encode(SHA256.hash("code \(number)").bytes)
    }

    /// Issues codes without logins, many at once: a database then takes them in few round trips.
    static func issue(_ numbers: Range<Int>, in sessions: any AuthorizationStore, now: Timestamp) async throws {
        guard let codeVerifier = CodeVerifier(verifier) else { throw BenchmarkError("not a code verifier") }
        let request = AuthorizationRequest(
            clientID: Population.clientID,
            redirectURI: Population.redirectURI,
            state: nil,
            codeChallenge: CodeChallenge(verifier: codeVerifier),
            scopes: ScopeSet(["mcp:read", "offline_access"]),
            resource: Population.resource
        )
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: simultaneousCount) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in start..<min(start + simultaneousCount, numbers.upperBound) {
                    group.addTask { try await issue(number, for: request, in: sessions, now: now) }
                }
                try await group.waitForAll()
            }
        }
    }

    /// As many as a client of a database lets wait.
    private static let simultaneousCount = 200

    private static func issue(
        _ number: Int,
        for request: AuthorizationRequest,
        in sessions: any AuthorizationStore,
        now: Timestamp
    ) async throws {
        let grant = AuthorizationGrant(
            Login(request: request, sessionID: SessionID(random: SystemRandomSource()), authenticatedAt: now),
            userID: UserID(value: 1),
            issuesRefreshToken: true
        )
        let code = AuthorizationCode(wireValue: text(number)).hash
        guard try await sessions.issueCode(code, for: grant, now: now).outcome == .admitted else {
            throw BenchmarkError("no room for more codes")
        }
    }
}
