import Foundation
import Testing

extension EndToEndTests {
    /// A person with a browser leaves out an upstream, enters a key, and makes an agent's token, in every language.
    @Suite("The pages of credentials and agents in five languages")
    struct CredentialPageTests {
        @Test(
            "a wrong key is refused, the right one stored, and neither is in any page; what was unchecked is not visited"
        )
        func tour() async throws {
            try await Stage.run { stage in
                let entered = try await EnteredStage(stage)
                let files = try await stage.serve("oidc_provider.py")
                let gatehouse = try await entered.gatehouse(offered: try EnteredStage.fact("issuer", files))
                let tour = try await VirtualEnvironment.browser.run(
                    "browser_credentials.py",
                    [
                        "--issuer", entered.issuer, "--resource", EnteredStage.resource, "--client-secret-file",
                        entered.resourceSecret, "--key-file", entered.key.path,
                    ],
                    // A browser starts slowly where everything else runs too.
                    within: .seconds(900),
                    as: CredentialTour.self
                )
                #expect(tour.faults == [])
                #expect(tour.differences == [])
                #expect(tour.complaints == [])
                #expect(tour.foreign_requests == [])
                #expect(tour.leaks == [])
                #expect(tour.pages.count == 9 && tour.looks == 5 * tour.pages.count)
                #expect(Set(tour.facts.keys) == ["en", "de", "fr", "es", "ja"])
                for (language, facts) in tour.facts { expectFacts(facts, language, entered) }

                #expect(try await gatehouse.stop() == 0)
                let said = gatehouse.progress.everything
                for secret in tour.secrets { #expect(!said.contains(secret), "gatehouse wrote a secret to its output") }
            }
        }

        private func expectFacts(_ facts: CredentialTour.Facts, _ language: String, _ entered: EnteredStage) {
            // The box was checked before; the login visited one provider only.
            #expect(!facts.checked, "\(language)")
            #expect(facts.provider.hasPrefix(entered.corp + "/"), "\(language)")
            for answer in [facts.offered, facts.after_wrong] {
                #expect(answer.error == "interaction_required" && answer.reason == "not_connected", "\(language)")
                #expect(answer.connect_uri?.hasPrefix(entered.issuer + "/connections/connect/") == true, "\(language)")
                #expect(answer.access_token == nil, "\(language)")
            }
            #expect(facts.after_right.access_token == "Key " + entered.key.value, "\(language)")
            #expect(facts.after_right.header == "X-Api-Key" && facts.after_right.token_type == "N_A", "\(language)")
            #expect(facts.agents && facts.agent > 40, "\(language)")
        }
    }
}

/// What `browser_credentials.py` prints.
private struct CredentialTour: Decodable, Sendable {
    struct Retrieval: Decodable, Sendable {
        let error: String?
        let reason: String?
        let connect_uri: String?
        let access_token: String?
        let token_type: String?
        let header: String?
    }
    struct Facts: Decodable, Sendable {
        /// Whether the box of the offered upstream was checked when the person approved.
        let checked: Bool
        /// The address of the page after the consent.
        let provider: String
        /// What the MCP server gets for the upstream that was left out.
        let offered: Retrieval
        let after_wrong: Retrieval
        let after_right: Retrieval
        /// The length of the agent's token, as the page showed it once.
        let agent: Int
        /// Whether the page lists the agent.
        let agents: Bool
    }

    let pages: [String]
    let looks: Int
    let faults: [String]
    let differences: [String]
    let complaints: [String]
    let foreign_requests: [String]
    /// Pages that had something that was typed or shown before.
    let leaks: [String]
    let facts: [String: Facts]
    let secrets: [String]
}
