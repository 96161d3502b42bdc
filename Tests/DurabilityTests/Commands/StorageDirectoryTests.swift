import AuthorizationServerTesting
import Foundation
import OAuthProtocol
import OpenSSLCrypto
import Testing

extension DurabilityTests {
    /// A thief of the disk learns nothing.
    @Suite("The storage directory")
    struct StorageDirectoryTests {
        @Test("holds no token, secret, e-mail or client name in clear, in journal, snapshot or audit trail")
        func search() async throws {
            try await StorageDeployment.run { deployment in
                let server = try await deployment.served()
                var client = deployment.client
                let name = "Unmistakable Client Name"
                let registration = try await client.register([
                    "client_name": .string(name), "redirect_uris": [.string(client.redirectURI)],
                    "token_endpoint_auth_method": "client_secret_post",
                    "grant_types": ["authorization_code", "refresh_token"],
                ])
                client.id = try #require(registration["client_id"])
                let clientSecret: String = try #require(registration["client_secret"])
                client.secret = clientSecret
                let code = try await deployment.code(for: client, user: "ada")
                let login = try await client.redeem(code)
                let exchange = try await client.exchange(try #require(login["access_token"]))
                let upstreamToken = try #require(exchange["access_token"])
                let key = try String(contentsOf: deployment.keyFile, encoding: .utf8)
                let secrets = [
                    name, clientSecret, code, try #require(login["access_token"]),
                    try #require(login["refresh_token"]), upstreamToken, "ada@example.com", "Ada Lovelace",
                    StorageDeployment.upstreamSecret, TestServer.resourceServer.secret, deployment.adminToken,
                    String(key.prefix(64)), "PRIVATE KEY",
                ]
                await server.kill()
                let killed = try StorageSearch(deployment.directory)
                #expect(killed.names.contains { $0.hasSuffix(".journal") })
                #expect(try killed.occurrences(of: secrets) == [])

                let again = try await deployment.served()
                #expect(await again.stop().status == 0)
                let stopped = try StorageSearch(deployment.directory)
                #expect(stopped.names.contains { $0.hasSuffix(".snapshot") })
                #expect(try stopped.occurrences(of: secrets) == [])
                // The search finds what is there: the trail names the client by its id.
                #expect(try stopped.occurrences(of: secrets + [client.id]) == [client.id])
            }
        }

        @Test("is its owner's alone")
        func permissions() async throws {
            try await StorageDeployment.run { deployment in
                let server = try await deployment.served()
                #expect(await server.stop().status == 0)
                let names = try StorageSearch(deployment.directory).names
                #expect(names.count >= 3)
                for path in [deployment.directory.path()]
                    + names.map({ deployment.directory.appending(path: $0).path() })
                {
                    let attributes = try FileManager.default.attributesOfItem(atPath: path)
                    let permissions = try #require(attributes[.posixPermissions] as? Int)
                    #expect(permissions & 0o077 == 0, "\(path)")
                }
            }
        }

        @Test("SIGHUP makes the program read its key files again")
        func reload() async throws {
            try await StorageDeployment.run { deployment in
                let file = deployment.folder.appending(path: "signing.pem")
                try Data(try PrivateKey.generate(.es256).pem.utf8).write(to: file)
                try deployment.edit { $0 + "signing: {key_files: [\"\(file.path())\"]}\n" }
                let server = try await deployment.served()
                #expect(try await deployment.publishedKeys().count == 1)
                try Data(try PrivateKey.generate(.edDSA).pem.utf8).write(to: file)
                server.signal(1)
                let deadline = ContinuousClock.now.advanced(by: .seconds(30))
                while try await deployment.publishedKeys().count < 2 {
                    guard ContinuousClock.now < deadline else { throw Violation("the files were not read again") }
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(await server.stop().status == 0)
            }
        }
    }
}
