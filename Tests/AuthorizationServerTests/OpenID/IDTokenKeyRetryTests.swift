import AuthorizationServer
import AuthorizationServerTesting
import OAuthState
import OpenSSLCrypto
import Synchronization
import Testing

@Suite("OpenID Connect Core 1.0 §15.1: the key for ID tokens is made although an attempt fails")
struct IDTokenKeyRetryTests {
    /// Makes keys, but fails at so many RSA keys first.
    private final class Keys: Sendable {
        private let failures: Mutex<Int>
        private let attempts = Mutex(0)
        private let ready = ReadyKeys()

        init(failures: Int) { self.failures = Mutex(failures) }

        var attemptCount: Int { attempts.withLock { $0 } }

        func key(_ algorithm: SignatureAlgorithm) throws(CryptoError) -> PrivateKey {
            guard algorithm == .rs256 else { return try ready.key(algorithm) }
            attempts.withLock { $0 += 1 }
            let fails = failures.withLock { failures in
                failures -= 1
                return failures >= 0
            }
            // An empty text holds no key.
            return fails ? try PrivateKey(pem: "") : try ready.key(algorithm)
        }
    }

    @Test("again after a second, then after two, and so on")
    func retries() async throws {
        let keys = Keys(failures: 2)
        try await TestServer.run(environment: { $0.makeKey = keys.key }) { server in
            #expect(keys.attemptCount == 1)
            #expect(server.server.keys.current.idTokenKey == nil)
            await server.server.performMaintenance()
            #expect(keys.attemptCount == 1)
            server.clock.advance(by: .seconds(1))
            await server.server.performMaintenance()
            #expect(keys.attemptCount == 2)
            server.clock.advance(by: .seconds(1))
            await server.server.performMaintenance()
            #expect(keys.attemptCount == 2)
            server.clock.advance(by: .seconds(1))
            await server.server.performMaintenance()
            #expect(keys.attemptCount == 3)
            #expect(server.server.keys.current.idTokenKey != nil)
            server.clock.advance(by: .seconds(600))
            await server.server.performMaintenance()
            #expect(keys.attemptCount == 3)
        }
    }
}
