import AuthorizationServer
import AuthorizationServerTesting
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("RFC 9449 §5: proofs at the token endpoint")
struct TokenRequestProofTests {
    @Test(
        "DP-1: with a proof the access token is bound to its key, and token_type says so; without one it is a bearer's"
    )
    func binding() async throws {
        try await ProofScene.run { scene in
            let bound = try await scene.tokens()
            #expect(try ProofScene.boundKey(bound["access_token"]) == scene.key.thumbprint)
            let plain = try await scene.client.redeem(try await scene.code())
            #expect(plain["token_type"] == "Bearer")
            #expect(try ProofScene.boundKey(plain["access_token"]) == nil)
            let machine = try await scene.post(scene.machineForm, proofs: [try scene.proof()])
            #expect(machine["token_type"] == "DPoP")
            #expect(try ProofScene.boundKey(machine["access_token"]) == scene.key.thumbprint)
            let plainMachine = try await scene.post(scene.machineForm, proofs: [])
            #expect(plainMachine["token_type"] == "Bearer")
        }
    }

    @Test("DP-2: each wrong proof is refused, and uses nothing up: the code can still be redeemed")
    func wrong() async throws {
        try await ProofScene.run { scene in
            let now = Int(scene.server.clock.now().secondsSinceEpoch)
            let form = scene.client.redemption(try await scene.code())
            let other = try TestProofKey()
            let wrong: [[String]] = [
                [try scene.proof(claims: ["htm": "GET"])],
                [try scene.proof(claims: ["htu": .string(scene.server.issuer + "/oauth/par")])],
                [try scene.proof(claims: ["htu": "https://other.example.com/oauth/token"])],
                [try scene.proof(claims: ["iat": .integer(now - 301)])],
                [try scene.proof(claims: ["iat": .integer(now + 301)])],
                [try scene.proof(claims: ["jti": nil])],
                [try scene.proof(header: ["typ": "JWT"])],
                [try scene.proof(header: ["alg": "none"])],
                [try scene.proof(header: ["jwk": .object(other.json)])],
                ["nonsense"], [""],
                [try scene.proof(), try scene.proof()],
            ]
            for proofs in wrong {
                let answer = try await scene.post(form, proofs: proofs)
                #expect(answer.isError(400, "invalid_dpop_proof"), "\(answer.body)")
                #expect(answer.header("www-authenticate")?.hasPrefix("DPoP error=\"invalid_dpop_proof\"") == true)
                #expect(answer.header("www-authenticate")?.contains("algs=\"RS256 PS256 ES256 EdDSA\"") == true)
                #expect(answer.header("access-control-expose-headers")?.contains("DPoP-Nonce") == true)
            }
            #expect(try await scene.post(form, proofs: [try scene.proof()]).status == 200)
        }
    }

    @Test("RFC 9449 §11.1: a proof is used once, also when 64 race; a request that fails does not use it up")
    func replay() async throws {
        try await ProofScene.run { scene in
            let proof = try scene.proof()
            let failed = try await scene.refresh("gr_nonsense", proofs: [proof])
            #expect(failed.isError(400, "invalid_grant"))
            let answers = try await withThrowingTaskGroup(of: OAuthTestClient.Answer.self) { group in
                for _ in 0..<64 { group.addTask { try await scene.post(scene.machineForm, proofs: [proof]) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0.status == 200 } == 1)
            #expect(answers.count { $0.isError(400, "invalid_dpop_proof") } == 63)
            #expect(scene.server.auditLog.all.contains { $0.contains("dpop.proof_replayed") })
            scene.server.clock.advance(by: .seconds(300))
            #expect(try await scene.post(scene.machineForm, proofs: [proof]).isError(400, "invalid_dpop_proof"))
            scene.server.clock.advance(by: .seconds(1000))
            #expect(try await scene.post(scene.machineForm, proofs: [proof]).isError(400, "invalid_dpop_proof"))
        }
    }

    @Test("RFC 9449 §5: a public client's refresh token needs its key, and is not rotated (DP-4)")
    func refresh() async throws {
        try await ProofScene.run { scene in
            let token = try #require(try await scene.tokens()["refresh_token"])
            let other = try TestProofKey()
            for _ in 0..<2 {
                #expect(try await scene.refresh(token, proofs: []).isError(400, "invalid_dpop_proof"))
                let foreign = try await scene.refresh(token, proofs: [try scene.proof(by: other)])
                #expect(foreign.isError(400, "invalid_grant"))
            }
            #expect(scene.server.auditLog.all.contains { $0.contains("token.key_refused") })
            for _ in 0..<3 {
                let answer = try await scene.refresh(token, proofs: [try scene.proof()])
                #expect(answer.status == 200 && answer["refresh_token"] == token)
                #expect(try ProofScene.boundKey(answer["access_token"]) == scene.key.thumbprint)
            }
        }
    }

    @Test("RFC 9449 §5: a bearer session is bound by its first refresh with a proof")
    func laterBinding() async throws {
        try await ProofScene.run { scene in
            let first = try #require(
                try await scene.client.redeem(try await scene.code())["refresh_token"]
            )
            let bound = try await scene.refresh(first, proofs: [try scene.proof()])
            let second = try #require(bound["refresh_token"])
            #expect(second != first && bound["token_type"] == "DPoP")
            #expect(try await scene.refresh(second, proofs: []).isError(400, "invalid_dpop_proof"))
            // Not even the predecessor, which is within its grace.
            #expect(try await scene.refresh(first, proofs: []).isError(400, "invalid_dpop_proof"))
            #expect(try await scene.refresh(second, proofs: [try scene.proof()]).status == 200)
        }
    }

    @Test("RFC 9449 §5, TK-9: a thief who binds a stolen refresh token to his key is found by its owner's next refresh")
    func stolenAndBound() async throws {
        try await ProofScene.run { scene in
            let stolen = try #require(try await scene.client.redeem(try await scene.code())["refresh_token"])
            let thief = try TestProofKey()
            let bound = try await scene.refresh(stolen, proofs: [try scene.proof(by: thief)])
            let successor = try #require(bound["refresh_token"])
            scene.server.clock.advance(by: .seconds(121))
            #expect(try await scene.refresh(stolen, proofs: []).isError(400, "invalid_grant"))
            #expect(scene.server.auditLog.all.contains { $0.contains("token.reuse_detected") })
            let after = try await scene.refresh(successor, proofs: [try scene.proof(by: thief)])
            #expect(after.isError(400, "invalid_grant"))
        }
    }

    @Test("RFC 9449 §5.2: a client registered with dpop_bound_access_tokens gets no bearer tokens")
    func requiredProofs() async throws {
        try await ProofScene.run(configure: { $0.clients[0].requiresProof = true }) { scene in
            let refused = try await scene.post(scene.machineForm, proofs: [])
            #expect(refused.isError(400, "invalid_dpop_proof"))
            #expect(try await scene.post(scene.machineForm, proofs: [try scene.proof()])["token_type"] == "DPoP")

            let metadata: JSONObject = [
                "client_name": "Careful", "redirect_uris": ["http://127.0.0.1/callback"],
                "token_endpoint_auth_method": "none", "dpop_bound_access_tokens": true,
            ]
            let registered = try await scene.server.visitor.register(metadata)
            #expect(registered.status == 201 && registered.boolean("dpop_bound_access_tokens") == true)
            var client = scene.client
            client.id = try #require(registered["client_id"])
            let careful = ProofScene(server: scene.server, client: client, key: scene.key)
            let form = client.redemption(try await careful.code())
            #expect(try await careful.post(form, proofs: []).isError(400, "invalid_dpop_proof"))
            let tokens = try await careful.post(form, proofs: [try careful.proof()])
            #expect(tokens.status == 200)
            let refreshToken = try #require(tokens["refresh_token"])
            #expect(try await careful.refresh(refreshToken, proofs: []).isError(400, "invalid_dpop_proof"))

            for wrong in ["true", 1, [true]] as [JSONValue] {
                var changed = metadata
                changed["dpop_bound_access_tokens"] = wrong
                let answer = try await scene.server.visitor.register(changed)
                #expect(answer.isError(400, "invalid_client_metadata"))
            }
        }
    }

    @Test("RFC 9449 §5.1: the metadata names the algorithms")
    func metadata() async throws {
        try await ProofScene.run { scene in
            let document = try await scene.client.send("GET", "/.well-known/oauth-authorization-server").json
            #expect(document["dpop_signing_alg_values_supported"] == ["RS256", "PS256", "ES256", "EdDSA"])
        }
    }

    @Test("S-02: a flood of wrong proofs verifies no more signatures than the source's allowance has")
    func flood() async throws {
        try await ProofScene.run(configure: { $0.limits.failuresPerSource = .init(burst: 10, perMinute: 1) }) { scene in
            let other = try TestProofKey()
            var statuses: [Int: Int] = [:]
            for _ in 0..<40 {
                // Each with another header: changing it does not help.
                let wrong = try scene.proof(header: ["jwk": .object(other.json), "kid": .string("\(statuses)")])
                statuses[try await scene.post(scene.machineForm, proofs: [wrong]).status, default: 0] += 1
            }
            #expect(statuses[400] == 10 && statuses[429] == 30, "\(statuses)")
            // Cheap refusals are not counted, and come before the allowance.
            let cheap = try scene.proof(claims: ["htm": "GET"])
            #expect(try await scene.post(scene.machineForm, proofs: [cheap]).isError(400, "invalid_dpop_proof"))
            #expect(scene.server.auditLog.all.contains { $0.contains("dpop.proof_wrong") })
        }
    }

    @Test("S-02: a key that has proven itself does not depend on what others behind its address do")
    func provenKey() async throws {
        try await ProofScene.run(configure: { $0.limits.failuresPerSource = .init(burst: 10, perMinute: 1) }) { scene in
            #expect(try await scene.post(scene.machineForm, proofs: [try scene.proof()]).status == 200)
            let other = try TestProofKey()
            for number in 0..<12 {
                let wrong = try scene.proof(header: ["jwk": .object(other.json), "kid": .string("\(number)")])
                _ = try await scene.post(scene.machineForm, proofs: [wrong])
            }
            #expect(try await scene.post(scene.machineForm, proofs: [try scene.proof()]).status == 200)
        }
    }
}
