import DevelopmentIdentityProvider
import OAuthProtocol
import OutboundHTTP
import Testing

@Suite("Redeeming codes, strictly")
struct CodeRedemptionTests {
    @Test("a replayed code is refused, and what was issued for it stops working")
    func replay() async throws {
        try await TestWorld.run { world in
            let code = try await world.code()
            let tokens = try await world.redeem(code).json()
            #expect(try world.error(try await world.redeem(code)) == "invalid_grant")
            #expect(try await world.userInfo(try tokens.text("access_token")).status == 401)
            #expect(try world.error(try await world.refresh(try tokens.text("refresh_token"))) == "invalid_grant")
            #expect(await world.provider.grantReports().map(\.revocation) == [.codeReplay])
        }
    }

    @Test("of 16 racers on one code one wins")
    func race() async throws {
        try await TestWorld.run { world in
            let code = try await world.code()
            let statuses = try await withThrowingTaskGroup { group in
                for _ in 0..<16 { group.addTask { try await world.redeem(code).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1)
            #expect(statuses.count { $0 == 400 } == 15)
        }
    }

    @Test(
        "a wrong proof is refused and uses the code up",
        arguments: [
            ["code_verifier": String(repeating: "w", count: 43)], ["code_verifier": nil],
            ["redirect_uri": "http://127.0.0.1:9/other"], ["redirect_uri": nil],
        ] as [[String: String?]]
    )
    func wrongProof(changes: [String: String?]) async throws {
        try await TestWorld.run { world in
            let code = try await world.code()
            #expect(try world.error(try await world.redeem(code, changes)) == "invalid_grant")
            #expect(try world.error(try await world.redeem(code)) == "invalid_grant")
        }
    }

    @Test("a verifier without a challenge is refused: somebody has removed the challenge")
    func downgrade() async throws {
        try await TestWorld.run({ $0.openIDConnect.requiresProofKey = false }) { (world) async throws in
            let changes: [String: String?] = ["code_challenge": nil, "code_challenge_method": nil]
            #expect(try world.error(try await world.redeem(try await world.code(changes))) == "invalid_grant")
            #expect(try await world.redeem(try await world.code(changes), ["code_verifier": nil]).status == 200)
        }
    }

    @Test("a code expires")
    func expiry() async throws {
        try await TestWorld.run { world in
            let code = try await world.code()
            let other = try await world.code()
            world.time.advance(by: .seconds(59))
            #expect(try await world.redeem(other).status == 200)
            world.time.advance(by: .seconds(1))
            #expect(try world.error(try await world.redeem(code)) == "invalid_grant")
        }
    }

    @Test(
        "malformed requests are refused",
        arguments: [
            (["grant_type": nil], "invalid_request"), (["grant_type": "password"], "unsupported_grant_type"),
            (["code": nil], "invalid_request"), (["code": "code_unknown"], "invalid_grant"),
            (["code_verifier": "short"], "invalid_request"),
        ] as [([String: String?], String)]
    )
    func malformed(changes: [String: String?], error: String) async throws {
        try await TestWorld.run { (world) async throws in
            #expect(try world.error(try await world.redeem(try await world.code(), changes)) == error)
        }
    }

    @Test("a repeated parameter and a body that is no form are refused")
    func noForm() async throws {
        try await TestWorld.run { world in
            let repeated = [("grant_type", "refresh_token"), ("grant_type", "authorization_code")]
            let twice = try await world.post(.token, repeated, fields: [TestWorld.basic])
            #expect(try world.error(twice) == "invalid_request")
            let json = try await world.send(
                "POST",
                world.provider.url(of: .token),
                fields: [("Content-Type", "application/json"), TestWorld.basic],
                body: Array("{}".utf8)
            )
            #expect(try world.error(json) == "invalid_request")
        }
    }

    @Test("a code of one flavour is worth nothing at the other")
    func flavours() async throws {
        try await TestWorld.run { world in
            let form = [("code", try await world.code()), ("redirect_uri", TestWorld.redirectURI)]
            let accept = (name: "Accept", value: "application/json")
            let answer = try await world.post(.oauth2Token, form, fields: [TestWorld.basic, accept])
            #expect(try world.error(answer) == "invalid_grant")
        }
    }
}
