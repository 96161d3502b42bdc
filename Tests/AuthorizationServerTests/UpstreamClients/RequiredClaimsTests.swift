import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("UP-4, D-64: only accounts with the claims that the operator requires may log in")
struct RequiredClaimsTests {
    private static var provider: DevelopmentIdentityProvider.Configuration {
        var ada = DevelopmentUser.ada
        ada.additionalClaims = ["hd": "corp.example", "groups": ["staff", "admins"], "level": 3]
        var grace = DevelopmentUser.grace
        grace.additionalClaims = ["hd": "corp.example.evil", "groups": ["guests"], "level": 2]
        let alan = DevelopmentUser(subject: "alan", name: "Alan Turing", numericID: 7)
        return .init(users: [ada, grace, alan])
    }

    private static let requirements: [[UpstreamClaimRequirement]] = [
        [.init(claim: "hd", acceptedValues: ["corp.example"])],
        [.init(claim: "groups", acceptedValues: ["admins", "owners"])],
        [.init(claim: "level", acceptedValues: ["3"])],
        [
            .init(claim: "hd", acceptedValues: ["corp.example", "corp.example.evil"]),
            .init(claim: "groups", acceptedValues: ["staff"]),
        ],
    ]

    @Test("an account with the claim logs in; another value, or none, is access_denied", arguments: requirements)
    func enforced(requirement: [UpstreamClaimRequirement]) async throws {
        try await BrowserScene.run(
            provider: Self.provider,
            configure: { $0.upstreams[0].requiredClaims = requirement }
        ) { scene in
            for user in ["grace", "alan"] {
                let answer = try await scene.client.authorize(
                    with: scene.anotherBrowser(),
                    at: scene.server,
                    as: user
                )
                #expect(answer["error"] == "access_denied" && answer["code"] == nil)
                // The reference leads the operator to the log; the client does not learn which claim is missing.
                let expected = /this account is not allowed to log in here \(reference [a-z0-9]+\)/
                #expect(answer["error_description"]?.wholeMatch(of: expected) != nil)
            }
            try await scene.expectNothingStored()
            #expect(try scene.auditEvents("upstream.login_failed").count == 2)
            #expect(try await scene.authorize(as: "ada")["code"] != nil)
        }
    }

    @Test("D-64: a hint in the request changes nothing")
    func hint() async throws {
        try await BrowserScene.run(
            provider: Self.provider,
            configure: { $0.upstreams[0].requiredClaims = [.init(claim: "hd", acceptedValues: ["corp.example"])] }
        ) { scene in
            let answer = try await scene.authorize(as: "grace", ["login_hint": "ada"])
            #expect(answer["error"] == "access_denied")
            try await scene.expectNothingStored()
        }
    }

    @Test("our own pages report the refusal")
    func page() async throws {
        try await VaultScene.run(
            corp: Self.provider,
            configure: { $0.upstreams[0].requiredClaims = [.init(claim: "hd", acceptedValues: ["corp.example"])] }
        ) { scene in
            let page = try await scene.signIn(scene.browser(), as: "grace")
            #expect(page.status == 403 && page.header("content-type")?.hasPrefix("text/html") == true)
            #expect(page.text.contains("this account is not allowed to log in here"))
        }
    }

    @Test("a userinfo endpoint that fails is an outage, and no refusal of the account")
    func userInfoTrouble() async throws {
        try await BrowserScene.run(
            provider: Self.provider,
            configure: { $0.upstreams[0].requiredClaims = [.init(claim: "department", acceptedValues: ["research"])] }
        ) { scene in
            scene.server.provider.script(.unavailable, on: .userInfo)
            #expect(try await scene.authorize()["error"] == "temporarily_unavailable")
            #expect(try await scene.authorize()["error"] == "access_denied")
            try await scene.expectNothingStored()
        }
    }
}
