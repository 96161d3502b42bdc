import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Testing

/// ST-8: verified tokens are remembered, within bounds.
@Suite("Access tokens seen before")
struct SeenAccessTokenTests {
    private static func token(_ number: Int) -> VerifiedAccessToken {
        VerifiedAccessToken(
            AccessTokenClaims(
                issuer: "https://auth.example.com",
                subject: "batch",
                audience: "https://mcp.example.com/mcp",
                clientID: "batch",
                scope: "mcp:read",
                tokenID: "jti \(number)",
                issuedAt: StoreSample.now,
                expiresAt: StoreSample.now + .seconds(3600)
            )
        )
    }

    private static func keys() throws -> SigningKeySet {
        let key = SigningKey(privateKey: try PrivateKey.generate(.edDSA), algorithm: .edDSA)
        return SigningKeySet(active: key, idTokenKey: nil, published: JSONWebKeySet(keys: [key.jsonWebKey]))
    }

    @Test("a token is found by its digest under the keys that it was verified with")
    func found() throws {
        let seen = SeenAccessTokens()
        let keys = try Self.keys()
        seen.insert(Self.token(1), digest: StoreSample.digest("1"), under: keys)
        #expect(seen.token(StoreSample.digest("1"), under: keys)?.claims.tokenID == "jti 1")
        #expect(seen.token(StoreSample.digest("2"), under: keys) == nil)
        #expect(seen.count == 1)
    }

    @Test("what was issued is found as if it was verified, under its keys only, and what cannot be read is not found")
    func issued() throws {
        let seen = SeenAccessTokens(countMax: 64)
        let (keys, others) = (try Self.keys(), try Self.keys())
        let payload = Self.token(1).payload
        for number in 1...1000 {
            seen.insert(issued: payload, digest: StoreSample.digest("\(number)"), under: keys)
        }
        #expect(seen.count <= 64)
        let digest = StoreSample.digest("1000")
        #expect(seen.token(digest, under: others) == nil)
        for _ in 0..<2 {
            let token = seen.token(digest, under: keys)
            #expect(token?.claims.tokenID == "jti 1")
            #expect(token?.payload == payload)
        }
        #expect(seen.token(StoreSample.digest("1"), under: keys) == nil)
        seen.insert(issued: Array("{}".utf8), digest: digest, under: keys)
        #expect(seen.token(digest, under: keys) == nil)
    }

    @Test("D-39: after a change of the published keys no token verified with the old ones is found")
    func keyChange() throws {
        let seen = SeenAccessTokens()
        let (old, new) = (try Self.keys(), try Self.keys())
        seen.insert(Self.token(1), digest: StoreSample.digest("1"), under: old)
        #expect(seen.token(StoreSample.digest("1"), under: new) == nil)
        seen.insert(Self.token(1), digest: StoreSample.digest("1"), under: new)
        #expect(seen.token(StoreSample.digest("1"), under: old) == nil)
        #expect(seen.token(StoreSample.digest("1"), under: new) != nil)
    }

    @Test("C9: the number is bounded; tokens in use are kept, and unused ones are evicted")
    func bound() throws {
        let seen = SeenAccessTokens(countMax: 64)
        let keys = try Self.keys()
        let used = StoreSample.digest("used")
        seen.insert(Self.token(0), digest: used, under: keys)
        for number in 1...10_000 {
            seen.insert(Self.token(number), digest: StoreSample.digest("\(number)"), under: keys)
            _ = seen.token(used, under: keys)
        }
        #expect(seen.count <= 64)
        #expect(seen.token(used, under: keys) != nil)
        #expect(seen.token(StoreSample.digest("1"), under: keys) == nil)
    }
}
