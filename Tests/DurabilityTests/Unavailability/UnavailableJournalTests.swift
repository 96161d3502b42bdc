import AuthorizationServer
import AuthorizationServerTesting
import DurableLog
import Glibc
import OAuthProtocol
import OAuthState
import Testing

extension DurabilityTests {
    /// ST-1: nothing is acknowledged that is not durable.
    @Suite("A disk that takes nothing")
    struct UnavailableJournalTests {
        @Test(
            "TK-16: changes get 503 with Retry-After, readiness goes down, and all is well when the disk is",
            arguments: [ENOSPC, EIO]
        )
        func outage(code: Int32) async throws {
            try await StoredServer.run { stored in
                let disk = FailingFileSystem()
                var stored = stored
                stored.fileSystem = disk
                var tokens: [String] = []
                var clientID = ""
                try await stored.life { server async throws in
                    let client = try await OAuthTestClient.registered(at: server)
                    clientID = client.id
                    let login = try await client.tokens(at: server)
                    tokens.append(try #require(login["refresh_token"]))
                    let waiting = try await client.authorize(with: TestBrowser(transport: server.transport), at: server)
                    #expect(try await server.administer("GET", "/health/ready").status == 200)

                    disk.code = code
                    for attempt in 0..<3 {
                        let refused = try await client.refresh(tokens[0])
                        Self.expectUnavailable(refused, "refresh \(attempt)")
                    }
                    #expect(try await server.administer("GET", "/health/ready").status == 503)
                    #expect(try await server.administer("GET", "/health/live").status == 200)
                    Self.expectUnavailable(try await client.redeem(waiting["code"] ?? ""), "a code")
                    Self.expectUnavailable(
                        try await client.register([
                            "redirect_uris": [.string(client.redirectURI)], "token_endpoint_auth_method": "none",
                        ]),
                        "a registration"
                    )
                    // What changes nothing goes on.
                    #expect(try await server.publishedKeyIDs().count == 2)

                    disk.code = nil
                    try await Self.waitUntilReady(server)
                    let refreshed = try await client.refresh(tokens[0])
                    #expect(refreshed.status == 200)
                    tokens.append(try #require(refreshed["refresh_token"]))
                    #expect(try await client.redeem(waiting["code"] ?? "").status == 200)
                }
                try await stored.life { server async throws in
                    var client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
                    client.id = clientID
                    #expect(try await client.refresh(tokens[0])["refresh_token"] == tokens[1])
                    #expect(try await client.refresh(tokens[1]).status == 200)
                }
            }
        }

        @Test(
            "ST-1: an outage in which changes found no place in memory heals without a restart, and loses nothing"
        )
        func longOutage() async throws {
            try await StoredServer.run { stored in
                let disk = FailingFileSystem()
                var stored = stored
                stored.fileSystem = disk
                stored.unsynchronizedByteCountMax = 100_000
                var token = ""
                var clientID = ""
                try await stored.life { server async throws in
                    let client = try await OAuthTestClient.registered(at: server)
                    clientID = client.id
                    token = try #require(try await client.tokens(at: server)["refresh_token"])
                    disk.code = ENOSPC
                    Self.expectUnavailable(try await client.refresh(token), "a refresh")
                    // The end of a session that does not exist: what many sessions that expire would append.
                    let journal = server.server.stores.journal
                    for _ in 0..<5000 { _ = journal.append([0x22] + [UInt8](repeating: 9, count: 16)) }
                    disk.code = nil
                    try await Self.waitUntilReady(server)
                    let refreshed = try await client.refresh(token)
                    #expect(refreshed.status == 200)
                    token = try #require(refreshed["refresh_token"])
                }
                try await stored.life { server async throws in
                    var client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
                    client.id = clientID
                    #expect(try await client.refresh(token).status == 200)
                }
            }
        }

        @Test("a key that cannot be kept does not sign")
        func rotation() async throws {
            try await StoredServer.run { stored in
                let disk = FailingFileSystem()
                var stored = stored
                stored.fileSystem = disk
                try await stored.life { server async throws in
                    let client = try await OAuthTestClient.registered(at: server)
                    let token = try #require(try await client.tokens(at: server)["refresh_token"])
                    let published = try await server.publishedKeyIDs()
                    disk.code = ENOSPC
                    Self.expectUnavailable(try await client.refresh(token), "a refresh")
                    let rotate = "/admin/keys/rotate?force=true"
                    Self.expectUnavailable(try await server.administer("POST", rotate), "a rotation")
                    #expect(try await server.publishedKeyIDs() == published)
                    disk.code = nil
                    try await Self.waitUntilReady(server)
                    #expect(try await server.administer("POST", rotate).status == 200)
                }
            }
        }

        private static func expectUnavailable(_ answer: OAuthTestClient.Answer, _ what: String) {
            #expect(answer.status == 503, "\(what)")
            #expect(answer.error == "temporarily_unavailable", "\(what)")
            #expect(answer.header("retry-after").flatMap(Int.init).map { $0 > 0 } ?? false, "\(what)")
        }

        private static func waitUntilReady(_ server: TestServer) async throws {
            let deadline = ContinuousClock.now.advanced(by: .seconds(30))
            while try await server.administer("GET", "/health/ready").status != 200 {
                guard ContinuousClock.now < deadline else { throw Violation("the journal does not recover") }
            }
        }
    }
}
