import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing

extension DurabilityTests {
    /// MD-9: a key is published before it signs, and for as long as a token of its lives.
    @Suite("Signing keys that the server makes")
    struct KeyRotationTests {
        @Test("MD-9: survive a restart, the active one and the next one")
        func restart() async throws {
            try await StoredServer.run { stored in
                var published: [String] = []
                var signing = ""
                try await stored.life { server async throws in
                    published = try await server.publishedKeyIDs()
                    signing = try await server.signingKeyID()
                }
                #expect(published.count == 2 && published.contains(signing))
                try await stored.life { server async throws in
                    #expect(try await server.publishedKeyIDs() == published)
                    #expect(try await server.signingKeyID() == signing)
                }
            }
        }

        @Test("MD-9: rotate on schedule to the key that was published before; the old one goes with its last token")
        func schedule() async throws {
            try await StoredServer.run { stored in
                let configure: (inout Configuration) -> Void = { $0.signing.rotationInterval = .seconds(86_400) }
                var first: [String] = []
                var old = ""
                var new = ""
                try await stored.life(configure: configure) { server async throws in
                    first = try await server.publishedKeyIDs()
                    old = try await server.signingKeyID()
                    stored.clock.advance(by: .seconds(86_399))
                    await server.server.performMaintenance()
                    #expect(try await server.signingKeyID() == old)
                    stored.clock.advance(by: .seconds(1))
                    await server.server.performMaintenance()
                    new = try await server.signingKeyID()
                    #expect(first.filter { $0 != old } == [new])
                    #expect(try await server.publishedKeyIDs().count == 3)
                    let events = server.auditLog.all.filter { $0.contains("signing_key.changed") }
                    #expect(events.count == 1)
                    #expect(events.allSatisfy { $0.contains("schedule") && $0.contains(new) })
                }
                // The last token lives an hour, and a verifier may have fetched the document an hour ago.
                try await stored.life(configure: configure) { server async throws in
                    #expect(try await server.signingKeyID() == new)
                    stored.clock.advance(by: .seconds(7200))
                    await server.server.performMaintenance()
                    #expect(try await server.publishedKeyIDs().contains(old))
                    stored.clock.advance(by: .seconds(1))
                    await server.server.performMaintenance()
                    #expect(try await !server.publishedKeyIDs().contains(old))
                }
                try await stored.life(configure: configure) { server async throws in
                    #expect(try await !server.publishedKeyIDs().contains(old))
                    #expect(try await server.publishedKeyIDs().count == 2)
                }
            }
        }

        @Test("MD-9: no schedule makes a key sign before verifiers can know it")
        func publicationComesFirst() async throws {
            let clock = ManualClock()
            try await TestServer.run(clock: clock, configure: { $0.signing.rotationInterval = .seconds(60) }) {
                server in
                let old = try await server.signingKeyID()
                clock.advance(by: .seconds(3599))
                await server.server.performMaintenance()
                #expect(try await server.signingKeyID() == old)
                clock.advance(by: .seconds(1))
                await server.server.performMaintenance()
                #expect(try await server.signingKeyID() != old)
            }
        }

        @Test("rotate when the administrator says so, durably, and the audit trail tells")
        func command() async throws {
            try await StoredServer.run { stored in
                var new = ""
                try await stored.life { server async throws in
                    let old = try await server.signingKeyID()
                    let next = try await server.publishedKeyIDs().filter { $0 != old }
                    stored.clock.advance(by: .seconds(3600))
                    let answer = try await server.administer("POST", "/admin/keys/rotate")
                    #expect(answer.status == 200)
                    new = try await server.signingKeyID()
                    #expect(answer["kid"] == new && next == [new])
                    #expect(try await server.publishedKeyIDs().contains(old))
                    let event = try #require(server.auditLog.all.first { $0.contains("signing_key.changed") })
                    #expect(event.contains("administrator") && event.contains(new) && event.contains("request_id"))
                }
                try await stored.life { server async throws in
                    #expect(try await server.signingKeyID() == new)
                }
            }
        }

        @Test("MD-9: no command makes a key sign before verifiers can know it: 409 says when, and nothing changes")
        func commandTooEarly() async throws {
            let clock = ManualClock()
            try await TestServer.run(clock: clock) { server in
                let first = try await server.signingKeyID()
                clock.advance(by: .seconds(3599))
                let early = try await server.administer("POST", "/admin/keys/rotate")
                #expect(early.status == 409 && early.error == "too_early")
                #expect(early.header("retry-after") == "2")
                let moment = clock.now().secondsSinceEpoch + 1
                #expect(early.json["not_before"]?.integerValue.map(Int64.init) == moment)
                #expect(try await server.signingKeyID() == first)
                clock.advance(by: .seconds(1))
                #expect(try await server.administer("POST", "/admin/keys/rotate").status == 200)
                let second = try await server.signingKeyID()
                #expect(second != first)
                // The successor was published this moment: a second call must not make it sign.
                #expect(try await server.administer("POST", "/admin/keys/rotate?force=false").status == 409)
                #expect(try await server.signingKeyID() == second)
                let events = server.auditLog.all.filter { $0.contains("signing_key.changed") }
                #expect(events.count == 1)
            }
        }

        @Test("MD-9: two commands at once rotate once")
        func racingCommands() async throws {
            let clock = ManualClock()
            try await TestServer.run(clock: clock) { server in
                clock.advance(by: .seconds(3600))
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<8 {
                        group.addTask { try await server.administer("POST", "/admin/keys/rotate").status }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }.sorted()
                }
                #expect(statuses == [200] + Array(repeating: 409, count: 7))
            }
        }

        @Test("MD-9: force=true makes even a new key sign in place of a compromised one; other values are refused")
        func forced() async throws {
            try await TestServer.run { server in
                let first = try await server.signingKeyID()
                for query in ["force=yes", "force=1", "force=true&force=true"] {
                    let answer = try await server.administer("POST", "/admin/keys/rotate?" + query)
                    #expect(answer.status == 400 && answer.error == "invalid_request", "\(query)")
                }
                #expect(try await server.signingKeyID() == first)
                #expect(try await server.administer("POST", "/admin/keys/rotate?force=true").status == 200)
                #expect(try await server.administer("POST", "/admin/keys/rotate?force=true").status == 200)
                #expect(try await server.signingKeyID() != first)
            }
        }

        @Test("MD-9: the key for ID tokens signs only once published, by schedule and by command")
        func idTokens() async throws {
            let clock = ManualClock()
            try await TestServer.run(clock: clock, configure: { $0.signing.rotationInterval = .seconds(86_400) }) {
                server in
                func active() async throws -> String {
                    let keys = await server.server.stores.keys.generation().signingKeys
                    return try #require(keys.first { $0.purpose == .idToken && $0.state == .active }).key.keyID
                }
                var client = try await OAuthTestClient.registered(at: server)
                client.scope = "openid"
                _ = try #require(try await client.tokens(at: server)["id_token"])
                let first = try await active()
                // Both keys are due, and the successor of this one is published now and not before.
                clock.advance(by: .seconds(86_400))
                await server.server.performMaintenance()
                #expect(try await active() == first)
                clock.advance(by: .seconds(3600))
                await server.server.performMaintenance()
                let second = try await active()
                #expect(second != first)
                #expect(try await server.administer("POST", "/admin/keys/rotate").status == 409)
                #expect(try await active() == second)
                clock.advance(by: .seconds(3600))
                #expect(try await server.administer("POST", "/admin/keys/rotate").status == 200)
                #expect(try await active() != second)
            }
        }

        @Test("rotate for no caller without the administrator's token")
        func strangers() async throws {
            try await TestServer.run { server async throws in
                let old = try await server.signingKeyID()
                let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
                for fields in [[], [(name: "authorization", value: "Bearer wrong")]] {
                    let url = server.managementURL + "/admin/keys/rotate"
                    #expect(try await client.send("POST", url, headerFields: fields).status == 401)
                }
                #expect(try await server.signingKeyID() == old)
            }
        }

        @Test("MD-9: a new algorithm signs once its key has been published long enough")
        func algorithmChange() async throws {
            try await StoredServer.run { stored in
                var old = ""
                try await stored.life { old = try await $0.signingKeyID() }
                try await stored.life(configure: { $0.signing.algorithm = .edDSA }) { server async throws in
                    #expect(try await server.signingKeyID() == old)
                    stored.clock.advance(by: .seconds(3600))
                    await server.server.performMaintenance()
                    let new = try await server.signingKeyID()
                    #expect(new != old)
                    let keys = await server.server.stores.keys.generation().signingKeys.filter {
                        $0.purpose == .accessToken
                    }
                    let active = try #require(keys.first { $0.state == .active })
                    #expect(active.key.keyID == new && active.key.algorithm == .edDSA)
                    #expect(keys.filter { $0.state == .next }.map(\.key.algorithm) == [.edDSA])
                }
            }
        }
    }
}
