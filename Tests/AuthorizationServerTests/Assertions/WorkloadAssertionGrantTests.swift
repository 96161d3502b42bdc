import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing

@Suite("RFC 7523 §2.1: tokens for workloads that a trusted platform vouches for")
struct WorkloadAssertionGrantTests {
    @Test("JB-9: the assertion is the credential; sub is issuer and subject, client_id is the rule's name")
    func accepted() async throws {
        try await TrustedIssuerScene.run { scene in
            let answer = try await scene.presentWorkload(try scene.workloadAssertion(["jti": nil]))
            #expect(answer.status == 200 && answer["scope"] == "mcp:read" && answer["refresh_token"] == nil)
            let claims = try scene.claims(of: answer)
            #expect(claims["sub"]?.stringValue == TrustedIssuerScene.issuer + "#" + TrustedIssuerScene.workload)
            #expect(claims["client_id"]?.stringValue == "ci" && claims["aud"]?.stringValue == TestServer.resource)
            #expect(claims["tsid"] == nil && claims["act"] == nil)
            let token = try #require(answer["access_token"])
            let introspection = try await scene.server.visitor.introspect(token)
            #expect(introspection.json["active"] == true && introspection["sub"] == claims["sub"]?.stringValue)
            // Without a user there are no connections to retrieve tokens of.
            #expect(try await scene.server.visitor.exchange(token).isError(400, "invalid_grant"))
            #expect(try scene.server.auditEvents("token.issued").last?["sub"] == claims["sub"])
        }
    }

    @Test(
        "JB-2, JB-9: a single claim that is wrong is enough",
        arguments: [
            ("iss", "https://other.example"), ("iss", nil), ("sub", "system:serviceaccount:ci:other"), ("sub", nil),
            ("aud", "https://other.example"), ("aud", nil), ("exp", 1), ("exp", nil), ("iat", 1), ("iat", nil),
            ("nbf", 4_000_000_000), ("at_hash", "x"), ("nonce", "n"),
        ] as [(String, JSONValue?)]
    )
    func wrongClaim(name: String, value: JSONValue?) async throws {
        try await TrustedIssuerScene.run { scene in
            let refusal = try await scene.presentWorkload(try scene.workloadAssertion([name: value]))
            #expect(refusal.isError(400, "invalid_grant"), "\(name)")
            #expect(try scene.server.auditEvents("assertion.refused").count == 1)
        }
    }

    @Test("JB-3: aud is the token endpoint, or what is configured, which then counts alone")
    func audience() async throws {
        try await TrustedIssuerScene.run(adjust: { $0.audiences = ["api://gatehouse"] }) { scene in
            let usual = try await scene.presentWorkload(try scene.workloadAssertion())
            #expect(usual.isError(400, "invalid_grant"))
            let configured = try await scene.presentWorkload(try scene.workloadAssertion(["aud": "api://gatehouse"]))
            #expect(configured.status == 200)
        }
        try await TrustedIssuerScene.run { scene in
            let issuer = try scene.workloadAssertion(["aud": .string(scene.server.issuer)])
            #expect(try await scene.presentWorkload(issuer).isError(400, "invalid_grant"))
        }
    }

    @Test(
        "JB-1, D-36: another type of token is no workload's",
        arguments: ["at+jwt", "oauth-id-jag+jwt", "dpop+jwt", "logout+jwt"]
    )
    func types(type: String) async throws {
        try await TrustedIssuerScene.run { scene in
            let token = try scene.sign(scene.workloadClaims(), type: .string(type))
            let answer = try await scene.presentWorkload(token)
            #expect(answer.status >= 400 && answer["access_token"] == nil)
        }
    }

    @Test(
        "JB-9, RI-1: one resource, and only the rule's; a scope beyond the rule is refused",
        arguments: [
            (["resource": nil], "invalid_request"), (["resource": "https://nowhere.example"], "invalid_target"),
            (["resource": TestServer.secondResource], "invalid_target"), (["scope": "mcp:write"], "invalid_scope"),
            (["scope": "mcp:read mcp:write"], "invalid_scope"), (["scope": "offline_access"], "invalid_scope"),
            (["scope": "mcp:read"], nil), (["assertion": nil], "invalid_request"),
        ] as [([String: String?], String?)]
    )
    func bounds(changes: [String: String?], error: String?) async throws {
        try await TrustedIssuerScene.run(configure: TestServer.addSecondResource) { scene in
            let answer = try await scene.presentWorkload(try scene.workloadAssertion(), changes)
            #expect(answer.error == error)
        }
    }

    @Test("JB-9, CA-6: a client that is named must prove itself and be registered for the grant")
    func credentials() async throws {
        try await TrustedIssuerScene.run { scene in
            let assertion = try scene.workloadAssertion()
            for changes: [String: String?] in [
                ["client_id": "assistant", "client_secret": "guess"], ["client_id": "missing"],
                ["client_id": "assistant"],
                ["client_secret": "guess"],
            ] {
                let answer = try await scene.presentWorkload(assertion, changes)
                #expect(answer.status == 401 || answer.status == 400)
                #expect(answer["access_token"] == nil)
            }
            let proven = ["client_id": scene.client.id, "client_secret": scene.client.secret]
            #expect(try await scene.presentWorkload(assertion, proven).status == 200)
        }
    }

    @Test("S-4: after too many wrong assertions of a source no signature is verified; the trail has a sample")
    func guesses() async throws {
        try await TrustedIssuerScene.run(
            adjust: { trusted in
                var other = trusted.workloads[0]
                other.subject = ValuePattern("other")
                trusted.workloads.append(other)
            },
            configure: { $0.limits.failuresPerSource = .init(burst: 25, perMinute: 1) }
        ) { scene in
            let stranger = try TestClientKey(TrustedIssuerScene.issuer)
            for number in 1...8 {
                let forged = try stranger.sign(scene.workloadClaims(), header: ["typ": "JWT"])
                let answer = try await scene.presentWorkload(forged)
                #expect(answer.status == (number <= 5 ? 400 : 429), "\(number)")
            }
            // A valid assertion is refused then too; another workload behind the same address is accepted.
            #expect(try await scene.presentWorkload(try scene.workloadAssertion()).status == 429)
            #expect(try await scene.presentWorkload(try scene.workloadAssertion(["sub": "other"])).status == 200)
            #expect(try scene.server.auditEvents("assertion.refused").count == 4)
        }
    }

    @Test("JB-9: claims decide with the subject, and the first match wins")
    func claimRules() async throws {
        try await TrustedIssuerScene.run(adjust: { trusted in
            trusted.workloads[0].subject = ValuePattern("repo:corp/*:ref:refs/heads/main")
            trusted.workloads[0].claims = .claim("environment", anyOf: [ValuePattern("production")])
            var other = trusted.workloads[0]
            other.claims = nil
            other.client = "preview"
            other.scopes = .empty
            trusted.workloads.append(other)
        }) { scene in
            func client(_ changes: [String: JSONValue?]) async throws -> String? {
                let answer = try await scene.presentWorkload(try scene.workloadAssertion(changes))
                guard answer.status == 200 else { return answer.error }
                return try scene.claims(of: answer)["client_id"]?.stringValue
            }
            let main: JSONValue = "repo:corp/app:ref:refs/heads/main"
            for (changes, expected) in [
                (["sub": main, "environment": "production"], "ci"),
                (["sub": main, "environment": "staging"], "preview"),
                (["sub": main], "preview"), (["sub": "repo:corp/app:ref:refs/heads/feature"], "invalid_grant"),
                (["sub": "repo:corporation/app:ref:refs/heads/main"], "invalid_grant"),
            ] as [([String: JSONValue?], String)] {
                let found = try await client(changes)
                #expect(found == expected)
            }
        }
    }
}
