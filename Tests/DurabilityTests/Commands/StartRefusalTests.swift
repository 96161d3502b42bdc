import AuthorizationServerTesting
import Foundation
import Testing

extension DurabilityTests {
    /// ST-4: the start fails closed and says what to do.
    @Suite("The start of gatehouse serve")
    struct StartRefusalTests {
        @Test("a second process on the same directory ends with 1 and says why; the first goes on")
        func secondProcess() async throws {
            try await StorageDeployment.run { deployment in
                let first = try await deployment.served()
                let second = try await deployment.refused()
                #expect(second.status == 1)
                #expect(second.output.isEmpty)
                #expect(
                    second.errors.contains("another process uses the storage directory \(deployment.directory.path())")
                )
                #expect(try await deployment.publishedKeys().count == 2)
                #expect(await first.stop().status == 0)
            }
        }

        @Test("another key, no key, and a key that is none end with 1 and name the file")
        func keys() async throws {
            try await StorageDeployment.run { deployment in
                let process = try await deployment.served()
                #expect(await process.stop().status == 0)
                let key = try String(contentsOf: deployment.keyFile, encoding: .utf8)

                try Data(String(key.reversed()).utf8).write(to: deployment.keyFile)
                let wrong = try await deployment.refused()
                #expect(wrong.status == 1)
                #expect(wrong.errors.contains("is sealed with a key other than the configured one"))

                try Data("too short\n".utf8).write(to: deployment.keyFile)
                let invalid = try await deployment.refused()
                #expect(invalid.status == 1)
                #expect(invalid.errors.contains("a storage key is 32 random bytes"))

                try deployment.edit { text in
                    text.split(separator: "\n").filter { !$0.contains("encryption_key") }.joined(separator: "\n")
                }
                let missing = try await deployment.refused()
                #expect(missing.status == 1)
                #expect(missing.errors.contains("has data but no key"))
                for outcome in [wrong, invalid, missing] {
                    #expect(!outcome.errors.contains(key.prefix(32)))
                }
            }
        }

        @Test("a directory that cannot be used ends with 1, and the key, the path and the reason are named")
        func directory() async throws {
            try await StorageDeployment.run { deployment in
                let file = deployment.folder.appending(path: "file")
                try Data("x".utf8).write(to: file)
                for (directory, reason) in [
                    (file.appending(path: "data"), "mkdir \(file.path())/data: Not a directory"),
                    (file, "open \(file.path())/audit.log: Not a directory"),
                ] {
                    let refused = try await deployment.refused(directory: directory)
                    #expect(refused.status == 1)
                    #expect(refused.errors.contains("storage.directory is unusable: \(reason)"))
                }
            }
        }

        @Test("damage ends with 1, names file and offset, and the flag that it names accepts the loss")
        func damage() async throws {
            try await StorageDeployment.run { deployment in
                // Killed, so that the journal alone has the state, and its first segment is not the newest.
                let client = try await Self.lives(deployment, 2)
                let segment = try #require(Self.files(deployment, ".journal").first)
                let length = try Self.flip(in: segment) { $0 / 2 }
                let refused = try await deployment.refused()
                #expect(refused.status == 1)
                #expect(
                    refused.errors.contains("gatehouse cannot start: \(segment.lastPathComponent) is damaged at offset")
                )
                #expect(refused.errors.contains("--accept-loss \(segment.lastPathComponent)"))
                // Nothing was changed by the attempt.
                #expect(try Data(contentsOf: segment).count == length)

                let process = try await deployment.served("--accept-loss", segment.path())
                #expect(try await deployment.publishedKeys().count == 2)
                _ = client
                #expect(await process.stop().status == 0)
                let again = try await deployment.served()
                #expect(await again.stop().status == 0)
            }
        }

        @Test("damage that costs nothing is mended by a snapshot soon after the start")
        func toleratedDamage() async throws {
            try await StorageDeployment.run { deployment in
                let client = try await Self.lives(deployment, 1)
                let last = try await deployment.served()
                #expect(await last.stop().status == 0)
                let snapshot = try #require(Self.files(deployment, ".snapshot").last)
                _ = try Self.flip(in: snapshot) { $0 - 20 }
                let process = try await deployment.served()
                #expect(try await client.refresh("gr_unknown").error == "invalid_grant")
                try await Self.waitForSnapshot(deployment)
                #expect(await process.kill().status == 128 + 9)
                let next = try await deployment.served()
                #expect(try await client.refresh("gr_unknown").error == "invalid_grant")
                #expect(await next.stop().status == 0)
            }
        }

        /// Lives that end with SIGKILL; returns a client of the first.
        private static func lives(_ deployment: StorageDeployment, _ count: Int) async throws -> OAuthTestClient {
            var client: OAuthTestClient?
            for _ in 0..<count {
                let process = try await deployment.served()
                let registered = try await deployment.registeredClient(named: "Client of a life")
                client = client ?? registered
                await process.kill()
            }
            return try #require(client)
        }

        private static func files(_ deployment: StorageDeployment, _ suffix: String) throws -> [URL] {
            try StorageSearch(deployment.directory).names.filter { $0.hasSuffix(suffix) }
                .map { deployment.directory.appending(path: $0) }
        }

        /// Changes one byte; returns the length of the file.
        private static func flip(in file: URL, at place: (Int) -> Int) throws -> Int {
            var bytes = try Data(contentsOf: file)
            bytes[place(bytes.count)] ^= 0x55
            try bytes.write(to: file)
            return bytes.count
        }

        /// The damaged one has another name since the start.
        private static func waitForSnapshot(_ deployment: StorageDeployment) async throws {
            let deadline = ContinuousClock.now.advanced(by: .seconds(30))
            while try files(deployment, ".snapshot").isEmpty {
                guard ContinuousClock.now < deadline else { throw Violation("no snapshot is written") }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
