import AuthorizationServer
import AuthorizationServerTesting
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("RFC 9449 §7, RFC 8693 §2.1: bound tokens that a resource server exchanges")
struct ExchangeProofTests {
    static let url = "https://mcp.example.com/mcp/messages"

    private struct Scene {
        let proofs: ProofScene
        let token: String

        func proof(by key: TestProofKey? = nil, claims: [String: JSONValue?] = [:]) throws -> String {
            let now = proofs.server.clock.now()
            return try (key ?? proofs.key).proof("POST", url, now: now, accessToken: token, claims: claims)
        }

        func form(
            _ proof: String?,
            method: String? = "POST",
            url: String? = ExchangeProofTests.url
        ) -> [String: String?] {
            ["subject_proof": proof, "subject_proof_method": method, "subject_proof_url": url]
        }
    }

    private static func run(_ body: (Scene) async throws -> Void) async throws {
        try await ProofScene.run(configure: { configuration in
            TestServer.addSecondResource(&configuration)
            configuration.resources[0].delegationTargets = [TestServer.secondResource]
        }) { scene in
            try await body(Scene(proofs: scene, token: try #require(try await scene.tokens()["access_token"])))
        }
    }

    @Test("retrieval needs the proof that the client sent, for as many upstream tokens as the request needs")
    func retrieval() async throws {
        try await Self.run { scene in
            let client = scene.proofs.client
            let bare = try await client.exchange(scene.token)
            #expect(bare.isError(400, "invalid_dpop_proof"))
            #expect(bare.header("www-authenticate")?.hasPrefix("DPoP error=") == true)
            let other = try TestProofKey()
            let now = Int(scene.proofs.server.clock.now().secondsSinceEpoch)
            let wrong: [[String: String?]] = [
                scene.form(try scene.proof(by: other)), scene.form(try scene.proof(claims: ["ath": nil])),
                scene.form(try scene.proof(claims: ["htu": "https://mcp.example.com/other"])),
                scene.form(try scene.proof(claims: ["iat": .integer(now - 301)])),
                scene.form(try scene.proof(), method: "GET"), scene.form(try scene.proof(), url: Self.url + "/x"),
                scene.form("nonsense"),
                scene.form(
                    try scene.proof(claims: ["htu": "https://evil.example/mcp"]),
                    url: "https://evil.example/mcp"
                ),
            ]
            for changes in wrong {
                let answer = try await client.exchange(scene.token, changes)
                #expect(answer.isError(400, "invalid_dpop_proof"), "\(answer.body)")
            }
            for changes in [
                scene.form(try scene.proof(), method: nil), scene.form(try scene.proof(), url: nil),
            ] {
                #expect(try await client.exchange(scene.token, changes).isError(400, "invalid_request"))
            }
            let right = scene.form(try scene.proof())
            for _ in 0..<2 {
                let answer = try await client.exchange(scene.token, right)
                // The upstream's token is the upstream's: not bound to our client's key.
                #expect(answer.status == 200 && answer["token_type"] == "Bearer")
            }
        }
    }

    @Test("a report of an invalid upstream token needs the proof too")
    func report() async throws {
        try await Self.run { scene in
            let (id, secret) = TestServer.resourceServer
            let form = [
                ("subject_token", scene.token), ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("audience", TestServer.upstream),
            ]
            func send(_ extra: [(String, String)]) async throws -> OAuthTestClient.Answer {
                let basic = OAuthTestClient.basic(id, secret)
                return try await scene.proofs.client.post("/oauth/report-invalid", form + extra, authorization: basic)
            }
            #expect(try await send([]).isError(400, "invalid_dpop_proof"))
            let proof = [
                ("subject_proof", try scene.proof()), ("subject_proof_method", "POST"),
                ("subject_proof_url", Self.url),
            ]
            #expect(try await send(proof).status == 200)
        }
    }

    @Test("a delegation of a bound token needs its proof; the new token is bound to the delegate's own key, if any")
    func delegation() async throws {
        try await Self.run { scene in
            let delegatesKey = try TestProofKey()
            let (id, secret) = TestServer.resourceServer
            func delegate(_ extra: [(String, String)], proofs: [String] = []) async throws -> OAuthTestClient.Answer {
                let form = [
                    ("grant_type", DelegationScene.grantType), ("subject_token", scene.token),
                    ("subject_token_type", DelegationScene.accessToken), ("resource", TestServer.secondResource),
                    ("client_id", id), ("client_secret", secret),
                ]
                return try await scene.proofs.post(form + extra, proofs: proofs)
            }
            func relayed() throws -> [(String, String)] {
                [
                    ("subject_proof", try scene.proof()), ("subject_proof_method", "POST"),
                    ("subject_proof_url", Self.url),
                ]
            }
            #expect(try await delegate([]).isError(400, "invalid_dpop_proof"))
            // Another key in the request's own header proves nothing about the subject token.
            let own = try await delegate([], proofs: [try scene.proofs.proof(by: delegatesKey)])
            #expect(own.isError(400, "invalid_dpop_proof"))
            let plain = try await delegate(try relayed())
            #expect(plain.status == 200 && plain["token_type"] == "Bearer")
            let bound = try await delegate(try relayed(), proofs: [try scene.proofs.proof(by: delegatesKey)])
            #expect(bound["token_type"] == "DPoP")
            #expect(try ProofScene.boundKey(bound["access_token"]) == delegatesKey.thumbprint)
            // The holder of the key itself proves it by its own header.
            let holder = try await delegate([], proofs: [try scene.proofs.proof()])
            #expect(try ProofScene.boundKey(holder["access_token"]) == scene.proofs.key.thumbprint)
        }
    }

    @Test("FD-6: the request that is passed on may have been sent to an alias, and not to another resource")
    func alias() async throws {
        try await ProofScene.run(configure: { configuration in
            TestServer.addSecondResource(&configuration)
            configuration.resources[0].aliases = ["https://old.example.com/mcp"]
        }) { scene in
            let tokens = try await scene.tokens()
            let token = try #require(tokens["access_token"])
            func exchange(_ url: String, provenFor target: String) async throws -> OAuthTestClient.Answer {
                let proof = try scene.key.proof("POST", target, now: scene.server.clock.now(), accessToken: token)
                let form: [String: String?] = [
                    "subject_proof": proof, "subject_proof_method": "POST", "subject_proof_url": url,
                ]
                return try await scene.client.exchange(token, form)
            }
            let (own, alias, other) = (
                Self.url, "https://old.example.com/mcp/messages", TestServer.secondResource + "/messages"
            )
            for (url, target) in [(own, own), (alias, alias), (own, alias), (alias, own)] {
                #expect(try await exchange(url, provenFor: target).status == 200, "\(url) \(target)")
            }
            for (url, target) in [
                (other, other), (own, other), (alias, other), (other, alias),
                (alias, "https://old.example.com/mcp"),
                ("https://evil.example.com/mcp", "https://evil.example.com/mcp"),
            ] {
                let answer = try await exchange(url, provenFor: target)
                #expect(answer.isError(400, "invalid_dpop_proof"), "\(url) \(target)")
            }
        }
    }

    @Test("a bearer token needs no proof, and its exchange is as before")
    func bearer() async throws {
        try await Self.run { scene in
            let code = try await scene.proofs.code()
            let token = try #require(try await scene.proofs.client.redeem(code)["access_token"])
            #expect(try await scene.proofs.client.exchange(token).status == 200)
        }
    }
}
