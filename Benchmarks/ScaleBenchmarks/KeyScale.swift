import BenchmarkSupport
import Foundation
import OAuthProtocol
import OpenSSLCrypto

/// Published keys: the cost of verifying a token signed by the last of many keys.
enum KeyScale {
    static func measure(into report: inout ScaleReport, duration: Duration) throws {
        let issuer = "https://auth.example.com"
        let verifier = AccessTokenVerifier(issuer: issuer)
        let claims = AccessTokenClaims(
            issuer: issuer,
            subject: "usr_benchmark",
            audience: Population.resource,
            clientID: Population.clientID,
            scope: "mcp:read",
            tokenID: "benchmark",
            issuedAt: Population.now,
            expiresAt: Population.now + .seconds(3600)
        )
        for count in [1, 3, 10, 100] {
            let keys = try (0..<count).map { _ in SigningKey(privateKey: try .generate(.es256), algorithm: .es256) }
            guard let signer = keys.last else { continue }
            let token = try signer.sign(type: SigningKey.accessTokenType, payload: claims.payload())
            let set = JSONWebKeySet(keys: keys.map(\.jsonWebKey))
            let before = try ProcessUsage.current(of: getpid()).processorSeconds
            let end = ContinuousClock.now + duration
            var verified = 0
            while ContinuousClock.now < end {
                for _ in 0..<50 { _ = try verifier.verify(token, keys: set, now: Population.now) }
                verified += 50
            }
            let seconds = try ProcessUsage.current(of: getpid()).processorSeconds - before
            report.add("verify", "verify a token of the last key", count: count, seconds * 1e9 / Double(verified))
        }
    }
}
