import AuthorizationServer
import BenchmarkSupport
import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// Sessions of one public client in a server's stores, begun by redeeming codes, as logins do.
struct BenchmarkSessions {
    static let clientID = "benchmark"

    private let stores: MemoryStores
    private let now = SystemTimeSource().now()
    private let key: RefreshTokenKey

    init(_ server: GatehouseServer) async throws {
        stores = server.stores
        let client = OAuthProtocol.Client(
            id: Self.clientID,
            kind: .dynamic,
            redirectURIs: ["http://127.0.0.1:1/callback"],
            grantTypes: [.authorizationCode, .refreshToken],
            authenticationMethods: [TokenEndpointAuthenticationMethod.none],
            issuedAt: now
        )
        _ = try await stores.clients.register(client).outcome
        key = RefreshTokenKey(secret: try await stores.keys.serverSecret(candidate: []).outcome)
    }

    /// Begins a session, bound to a key if there is one (RFC 9449 §5).
    ///
    /// - Returns: Its first refresh token.
    func begin(_ index: Int, boundTo bound: KeyThumbprint? = nil) async throws -> String {
        let id = SessionID(value: Bits128(high: UInt64(index), low: UInt64(index)))
        let code = AuthorizationCode(random: SystemRandomSource())
        let challenge = CodeChallenge(verifier: CodeVerifier(random: SystemRandomSource()))
        let request = AuthorizationRequest(
            clientID: Self.clientID,
            redirectURI: "http://127.0.0.1:1/callback",
            state: nil,
            codeChallenge: challenge,
            scopes: LoopRequests.scopes,
            resource: LoopRequests.resource
        )
        let grant = AuthorizationGrant(
            Login(request: request, sessionID: id, authenticatedAt: now),
            userID: UserID(value: Bits128(high: UInt64(index), low: 0)),
            issuesRefreshToken: true
        )
        _ = try await stores.sessions.issueCode(code.hash, for: grant, now: now).outcome
        var redemption = CodeRedemption(
            code: code.hash,
            clientID: Self.clientID,
            redirectURI: nil,
            challenge: challenge,
            resource: nil
        )
        redemption.key = bound
        redemption.bindsSession = bound != nil
        guard case .redeemed = try await stores.sessions.redeem(redemption, now: now).outcome else {
            throw BenchmarkError("a code was refused")
        }
        return RefreshToken(family: id, generation: 1, key: key).wireValue
    }
}
