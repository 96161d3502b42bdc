import AuthorizationServer
import BenchmarkSupport
import DurableLog
import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// Issuing and validating access tokens as the server does, without a request around it.
///
/// Each value has its own key, issuer and cache, so that threads share only what the server's loops share.
final class TokenOperations {
    let algorithm: SignatureAlgorithm
    let bare: BareSignature
    private let issuer: AccessTokenIssuer
    private let verifier: AccessTokenVerifier
    private let verification: AccessTokenVerification
    private let keys: SigningKeyPublication
    private let session: Session
    private let now = Timestamp(secondsSinceEpoch: 1_795_420_800)
    private var token = ""

    init(_ algorithm: SignatureAlgorithm) throws {
        self.algorithm = algorithm
        bare = try BareSignature(algorithm)
        let issuerName = try Issuer("https://auth.example.com")
        let key = try StoredSigningKey(
            PrivateKey.generate(algorithm),
            purpose: .accessToken,
            state: .active,
            publishedAt: now
        )
        guard let keys = SigningKeyPublication(KeyGeneration(number: 1, signingKeys: [key], vaultKeys: [])) else {
            throw BenchmarkError("there is no key to sign with")
        }
        self.keys = keys
        let seen = SeenAccessTokens()
        issuer = AccessTokenIssuer(
            issuer: issuerName,
            keys: keys,
            random: SystemRandomSource(),
            policy: SessionPolicy(),
            seen: seen
        )
        verifier = AccessTokenVerifier(issuer: issuerName.text)
        verification = AccessTokenVerification(
            issuer: issuerName,
            keys: keys,
            sessions: AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal()),
            seen: seen,
            origins: try SessionOrigins(secret: Array(repeating: 1, count: 32), random: SystemRandomSource())
        )
        session = Session(
            id: SessionID(random: SystemRandomSource()),
            userID: UserID(random: SystemRandomSource()),
            clientID: "dcr_0123456789abcdefghijkl",
            scopes: ScopeSet(["mcp:read", "offline_access"]),
            resource: "https://mcp.example.com/mcp",
            connections: [],
            authenticatedAt: now,
            absoluteExpiry: now + .seconds(30 * 86_400),
            idleExpiry: now + .seconds(7 * 86_400),
            generation: 1,
            rotatedAt: now
        )
        try issue()
    }

    /// Issues a token: claims, identifier, signature, and the entry in the cache of seen tokens.
    func issue() throws {
        token = try issuer.issue(for: session, scopes: session.scopes, now: now).token
    }

    /// Validates the last token as if it had never been seen.
    func validate() throws {
        _ = try verifier.verify(token, keys: keys.current.published, now: now)
    }

    /// Validates the last token, which was seen when it was issued.
    func validateSeen() throws {
        guard try verification.seen(token, now: now) != nil else { throw BenchmarkError("the token was not seen") }
    }
}
