import OAuthProtocol
import Testing

@testable import UpstreamIdentity

@Suite("UP-4, D-64: requirements of today and accounts of earlier logins")
struct StoredRequirementTests {
    private static let required = [
        UpstreamClaimRequirement(claim: "hd", acceptedValues: ["corp.example", "corp.example.net"]),
        UpstreamClaimRequirement(claim: "groups", acceptedValues: ["staff"]),
    ]

    @Test("a login returns the accepted values that the account has, and none of its others")
    func metRequirements() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode {
            $0["hd"] = "corp.example"
            $0["groups"] = ["guests", "staff", 7]
        }
        let login = try await provider.client { $0.requiredClaims = Self.required }.login()
        #expect(
            login.metRequirements == [
                UpstreamClaimRequirement(claim: "hd", acceptedValues: ["corp.example"]),
                UpstreamClaimRequirement(claim: "groups", acceptedValues: ["staff"]),
            ]
        )
    }

    @Test("each requirement needs a value of the login or of the stored ID token")
    func evidence() throws {
        let provider = try ScriptedProvider()
        let client = try provider.client { $0.requiredClaims = Self.required }
        let whole = try provider.idToken {
            $0["hd"] = "corp.example.net"
            $0["groups"] = ["staff"]
        }
        let half = try provider.idToken { $0["hd"] = "corp.example" }
        let other = try provider.idToken {
            $0["hd"] = "CORP.example"
            $0["groups"] = "staff"
        }
        let groups = [UpstreamClaimRequirement(claim: "groups", acceptedValues: ["admins", "staff"])]
        let foreign = [UpstreamClaimRequirement(claim: "groups", acceptedValues: ["admins"])]
        #expect(client.stillAdmits(met: [], idToken: whole))
        #expect(client.stillAdmits(met: groups, idToken: half))
        #expect(client.stillAdmits(met: Self.required, idToken: nil))
        #expect(client.stillAdmits(met: Self.required, idToken: "not a token"))
        #expect(!client.stillAdmits(met: [], idToken: half))
        #expect(!client.stillAdmits(met: foreign, idToken: half))
        #expect(!client.stillAdmits(met: groups, idToken: other))
        #expect(!client.stillAdmits(met: groups, idToken: "not a token"))
        #expect(!client.stillAdmits(met: [], idToken: nil))
    }

    @Test("without requirements every account is admitted; an ID token of a plain OAuth 2.0 provider shows nothing")
    func withoutEvidence() throws {
        let provider = try ScriptedProvider()
        #expect(try provider.client().stillAdmits(met: [], idToken: nil))
        var configuration = try ScriptedService.configuration()
        configuration.requiredClaims = [UpstreamClaimRequirement(claim: "hd", acceptedValues: ["corp.example"])]
        let service = try ScriptedService().client(configuration)
        let idToken = try provider.idToken { $0["hd"] = "corp.example" }
        #expect(!service.stillAdmits(met: [], idToken: idToken))
        #expect(service.stillAdmits(met: configuration.requiredClaims, idToken: nil))
        #expect(service.claims(ofStoredIDToken: idToken) == nil)
        #expect(try provider.client().claims(ofStoredIDToken: idToken)?["hd"] == "corp.example")
    }
}
