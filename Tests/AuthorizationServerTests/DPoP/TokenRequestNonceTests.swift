import AuthorizationServer
import AuthorizationServerTesting
import OAuthClientKit
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration
import Testing

@Suite("RFC 9449 §8: nonces of this server")
struct TokenRequestNonceTests {
    @Test("DP-3: a proof without a nonce is answered with one, and the same request with it succeeds")
    func tokenEndpoint() async throws {
        try await ProofScene.run(configure: { $0.proofs.needNonce = true }) { scene in
            let form = scene.client.redemption(try await scene.code())
            let asked = try await scene.post(form, proofs: [try scene.proof()])
            #expect(asked.isError(400, "use_dpop_nonce"))
            let nonce = try #require(asked.header("dpop-nonce"))
            for wrong in ["", "x", nonce + "A", String(nonce.dropLast())] {
                let answer = try await scene.post(form, proofs: [try scene.proof(claims: ["nonce": .string(wrong)])])
                #expect(answer.isError(400, "use_dpop_nonce") && answer.header("dpop-nonce") != nil)
            }
            let typed = try await scene.post(form, proofs: [try scene.proof(claims: ["nonce": 7])])
            #expect(typed.isError(400, "invalid_dpop_proof"))
            let tokens = try await scene.post(form, proofs: [try scene.proof(claims: ["nonce": .string(nonce)])])
            #expect(tokens.status == 200 && tokens.header("dpop-nonce") == nil)
            // Without a proof there is nothing to ask for.
            #expect(try await scene.post(scene.machineForm, proofs: []).status == 200)
        }
    }

    @Test("RFC 9449 §8.2: an aging nonce is accepted and renewed, an old one is refused")
    func rotation() async throws {
        try await ProofScene.run(configure: { $0.proofs.needNonce = true }) { scene in
            let first = try await scene.post(scene.machineForm, proofs: [try scene.proof()])
            let nonce = try #require(first.header("dpop-nonce"))
            func send(_ nonce: String) async throws -> OAuthTestClient.Answer {
                let proof = try scene.proof(claims: ["nonce": .string(nonce)])
                return try await scene.post(scene.machineForm, proofs: [proof])
            }
            scene.server.clock.advance(by: .seconds(149))
            #expect(try await send(nonce).header("dpop-nonce") == nil)
            scene.server.clock.advance(by: .seconds(1))
            let aging = try await send(nonce)
            let next = try #require(aging.header("dpop-nonce"))
            #expect(aging.status == 200 && next != nonce)
            scene.server.clock.advance(by: .seconds(150))
            #expect(try await send(nonce).isError(400, "use_dpop_nonce"))
            #expect(try await send(next).status == 200)
        }
    }

    @Test("RFC 9449 §9: a resource answers 401 with a nonce")
    func resource() async throws {
        try await ProofScene.run(configure: { $0.proofs.needNonce = true }) { scene in
            let form = scene.client.redemption(try await scene.code(["scope": "openid"]))
            let nonce = try #require(try await scene.post(form, proofs: [try scene.proof()]).header("dpop-nonce"))
            let answer = try await scene.post(form, proofs: [try scene.proof(claims: ["nonce": .string(nonce)])])
            let token = try #require(answer["access_token"])
            let url = scene.server.issuer + "/oauth/userinfo"
            func proof(_ claims: [String: JSONValue?]) throws -> String {
                try scene.key.proof("GET", url, now: scene.server.clock.now(), accessToken: token, claims: claims)
            }
            let asked = try await scene.get(url, token, proofs: [try proof([:])])
            #expect(asked.status == 401)
            #expect(asked.header("www-authenticate")?.hasPrefix("DPoP error=\"use_dpop_nonce\"") == true)
            let fresh = try #require(asked.header("dpop-nonce"))
            #expect(try await scene.get(url, token, proofs: [try proof(["nonce": .string(fresh)])]).status == 200)
        }
    }

    @Test("RFC 9449 §8.2: a successful answer about agents brings the next nonce, like every other")
    func agents() async throws {
        try await ProofScene.run(configure: { configuration in
            configuration.proofs.needNonce = true
            configuration.agents.isEnabled = true
            configuration.scopes = configuration.scopes.union(ScopeSet([ScopeSet.agents]))
        }) { scene in
            let form = scene.client.redemption(try await scene.code(["scope": "mcp:read agents"]))
            let asked = try await scene.post(form, proofs: [try scene.proof()])
            let nonce = try #require(asked.header("dpop-nonce"))
            let answer = try await scene.post(form, proofs: [try scene.proof(claims: ["nonce": .string(nonce)])])
            let token = try #require(answer["access_token"])
            func send(
                _ method: String,
                _ path: String,
                _ body: JSONObject? = nil
            ) async throws -> OAuthTestClient.Answer {
                let url = scene.server.issuer + path
                let now = scene.server.clock.now()
                let claims: [String: JSONValue?] = ["nonce": .string(nonce)]
                let proof = try scene.key.proof(method, url, now: now, accessToken: token, claims: claims)
                var fields = [(name: "authorization", value: "DPoP " + token), (name: "dpop", value: proof)]
                if body != nil { fields.append((name: "content-type", value: "application/json")) }
                return try await scene.client.send(method, url, headerFields: fields, body: body?.serialized() ?? [])
            }
            scene.server.clock.advance(by: ProofNonces.renewal)
            let made = try await send("POST", "/agents", ["name": "a"])
            let id = try #require(made["id"])
            let answers = [made, try await send("GET", "/agents"), try await send("DELETE", "/agents/" + id)]
            #expect(answers.map(\.status) == [201, 200, 204])
            for answer in answers { #expect(answer.header("dpop-nonce").map { $0 != nonce } == true) }
        }
    }

    @Test("a nonce of another server, or of another purpose, is not ours")
    func foreign() throws {
        let now = StoreSample.now
        let ours = try ProofNonces(secret: Array(repeating: 1, count: 32), random: SystemRandomSource())
        let theirs = try ProofNonces(secret: Array(repeating: 2, count: 32), random: SystemRandomSource())
        #expect(ours.standing(of: theirs.fresh(now), now: now) == .refused)
        #expect(ours.standing(of: nil, now: now) == .refused)
        #expect(ours.standing(of: ours.fresh(now), now: now) == .current)
        #expect(ours.standing(of: ours.fresh(now + .seconds(60)), now: now) == .current)
        #expect(ours.standing(of: ours.fresh(now + .seconds(61)), now: now) == .refused)
    }
}
