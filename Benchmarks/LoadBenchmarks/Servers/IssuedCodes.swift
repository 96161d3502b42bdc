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

    /// Issues codes without logins.
    static func issue(_ numbers: Range<Int>, in stores: MemoryStores, now: Timestamp) async throws {
        guard let codeVerifier = CodeVerifier(verifier) else { throw BenchmarkError("not a code verifier") }
        let request = AuthorizationRequest(
            clientID: Population.clientID,
            redirectURI: Population.redirectURI,
            state: nil,
            codeChallenge: CodeChallenge(verifier: codeVerifier),
            scopes: ScopeSet(["mcp:read", "offline_access"]),
            resource: Population.resource
        )
        for number in numbers {
            let grant = AuthorizationGrant(
                Login(request: request, sessionID: SessionID(random: SystemRandomSource()), authenticatedAt: now),
                userID: UserID(value: 1),
                issuesRefreshToken: true
            )
            let code = AuthorizationCode(wireValue: text(number)).hash
            guard try await stores.sessions.issueCode(code, for: grant, now: now).outcome == .admitted else {
                throw BenchmarkError("no room for more codes")
            }
        }
    }
}
