import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing

@Suite("An assertion of a trusted issuer is used once")
struct AssertionReplayTests {
    @Test("D-40, JB-2: a second use is refused, whichever resource or scope it asks for", arguments: [false, true])
    func replay(isWorkload: Bool) async throws {
        try await TrustedIssuerScene.run { scene in
            let assertion = isWorkload ? try scene.workloadAssertion() : try scene.identityAssertion()
            func present(_ changes: [String: String?] = [:]) async throws -> OAuthTestClient.Answer {
                isWorkload
                    ? try await scene.presentWorkload(assertion, changes) : try await scene.present(assertion, changes)
            }
            #expect(try await present().status == 200)
            #expect(try await present().isError(400, "invalid_grant"))
            #expect(try await present(["scope": "mcp:read"]).isError(400, "invalid_grant"))
            scene.server.clock.advance(by: .seconds(299))
            #expect(try await present().isError(400, "invalid_grant"))
            scene.server.clock.advance(by: .seconds(3600))
            #expect(try await present().isError(400, "invalid_grant"))
        }
    }

    @Test("D-40: of 64 racers with one assertion, one gets a token", arguments: [false, true])
    func race(isWorkload: Bool) async throws {
        try await TrustedIssuerScene.run { scene in
            let assertion = isWorkload ? try scene.workloadAssertion(["jti": nil]) : try scene.identityAssertion()
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        let answer =
                            isWorkload
                            ? try await scene.presentWorkload(assertion) : try await scene.present(assertion)
                        return answer.status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 200 }.count == 1)
            #expect(statuses.filter { $0 == 400 }.count == 63)
        }
    }

    @Test("D-40: while the journal is down no token is issued, and the assertion can be used afterwards")
    func outage() async throws {
        let journal = ScriptedJournal()
        try await TrustedIssuerScene.run(environment: { $0.journal = journal }) { scene in
            let assertion = try scene.identityAssertion()
            journal.isAvailable = false
            #expect(try await scene.present(assertion).status == 503)
            journal.isAvailable = true
            journal.refusesToWait = true
            #expect(try await scene.present(assertion).status == 503)
            journal.refusesToWait = false
            #expect(try await scene.present(assertion).status == 200)
            #expect(try await scene.present(assertion).isError(400, "invalid_grant"))
        }
    }
}
