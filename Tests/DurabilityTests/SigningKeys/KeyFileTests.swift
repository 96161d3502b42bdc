import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Synchronization
import Testing

extension DurabilityTests {
    /// `signing.key_files`: the operator's keys.
    @Suite("Signing keys from files")
    struct KeyFileTests {
        /// Files that a test can change while a server runs.
        final class Files: Sendable {
            private let contents: Mutex<[String: String]>

            init(_ contents: [String: String]) {
                self.contents = Mutex(contents)
            }

            subscript(path: String) -> String? {
                get { contents.withLock { $0[path] } }
                set { contents.withLock { $0[path] = newValue } }
            }

            @Sendable func read(_ path: String) throws -> String {
                guard let text = self[path] else { throw Violation("\(path) does not exist") }
                return text
            }
        }

        private static func pem(_ algorithm: SignatureAlgorithm = .es256) throws -> String {
            try PrivateKey.generate(algorithm).pem
        }

        private static func configure(_ paths: [String]) -> (inout Configuration) -> Void {
            { $0.signing.keyFiles = paths }
        }

        private static func reading(_ files: Files) -> (inout ServerEnvironment) -> Void {
            { $0.readFile = files.read }
        }

        @Test(
            "the first signs, all are published, nothing rotates by itself or by command",
            arguments: [
                SignatureAlgorithm.es256, .edDSA, .rs256,
            ]
        )
        func use(algorithm: SignatureAlgorithm) async throws {
            let files = Files(["a": try Self.pem(algorithm), "b": try Self.pem()])
            let clock = ManualClock()
            try await TestServer.run(
                clock: clock,
                configure: Self.configure(["a", "b"]),
                environment: Self.reading(files)
            ) { server async throws in
                let keys = await server.server.stores.keys.generation().signingKeys
                let signing = try await server.signingKeyID()
                #expect(keys.map(\.key.keyID).first == signing && keys.first?.key.algorithm == algorithm)
                #expect(try await server.publishedKeyIDs().count == 2)
                clock.advance(by: .seconds(400 * 86_400))
                await server.server.performMaintenance()
                #expect(try await server.signingKeyID() == signing)
                let refusal = try await server.administer("POST", "/admin/keys/rotate")
                #expect(refusal.status == 400 && refusal.error == "invalid_request")
                #expect(try await server.signingKeyID() == signing)
            }
        }

        @Test("SIGHUP reads them anew; a key that was replaced stays published until its last token has expired")
        func reload() async throws {
            let files = Files(["a": try Self.pem()])
            let clock = ManualClock()
            try await TestServer.run(
                clock: clock,
                configure: Self.configure(["a"]),
                environment: Self.reading(files)
            ) { server async throws in
                let old = try await server.signingKeyID()
                files["a"] = try Self.pem()
                #expect(try await server.signingKeyID() == old)
                await server.server.reload()
                let new = try await server.signingKeyID()
                #expect(new != old)
                #expect(try await server.publishedKeyIDs() == [old, new].sorted())
                clock.advance(by: .seconds(7201))
                await server.server.performMaintenance()
                #expect(try await server.publishedKeyIDs() == [new])
            }
        }

        @Test("a file that is gone or no key keeps the old keys at SIGHUP", arguments: [nil, "no key", ""])
        func brokenReload(content: String?) async throws {
            let files = Files(["a": try Self.pem(), "b": try Self.pem()])
            try await TestServer.run(
                configure: Self.configure(["a", "b"]),
                environment: Self.reading(files)
            ) { server async throws in
                let (signing, published) = (try await server.signingKeyID(), try await server.publishedKeyIDs())
                files["a"] = try Self.pem()
                files["b"] = content
                await server.server.reload()
                #expect(try await server.signingKeyID() == signing)
                #expect(try await server.publishedKeyIDs() == published)
                #expect(server.log.all.contains { $0.contains("signing.key_files[1]") })
            }
        }

        @Test("a file that is no key stops the start, and its content stays out of the message")
        func brokenStart() async throws {
            let files = Files(["a": "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n"])
            await #expect {
                try await TestServer.run(configure: Self.configure(["a"]), environment: Self.reading(files)) { _ in }
            } throws: { error in
                "\(error)".contains("signing.key_files[0]") && !"\(error)".contains("secret")
            }
        }

        @Test("signs for as long as the configuration names it, across restarts, and no longer")
        func removal() async throws {
            let files = Files(["a": try Self.pem()])
            try await StoredServer.run { stored in
                var fromFile = ""
                for _ in 0..<2 {
                    try await stored.life(configure: Self.configure(["a"]), environment: Self.reading(files)) {
                        server in
                        fromFile = try await server.signingKeyID()
                        #expect(try await server.publishedKeyIDs() == [fromFile])
                    }
                }
                try await stored.life { server async throws in
                    #expect(try await server.signingKeyID() != fromFile)
                    // Its last tokens are still out there.
                    #expect(try await server.publishedKeyIDs().contains(fromFile))
                }
                try await stored.life(configure: Self.configure(["a"]), environment: Self.reading(files)) {
                    server async throws in
                    #expect(try await server.signingKeyID() == fromFile)
                }
            }
        }
    }
}
