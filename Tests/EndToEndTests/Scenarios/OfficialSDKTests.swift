import Foundation
import Testing

extension EndToEndTests {
    /// The main job: the official MCP SDK registers, its user consents and logs in upstream, a tool call names the
    /// upstream's user because the MCP server got that user's upstream token.
    @Suite("The official MCP Python SDK")
    struct OfficialSDKTests {
        @Test(
            "registers, logs in, calls a tool that uses the upstream token, refreshes, calls again",
            arguments: [VirtualEnvironment.mcp1, .mcp2]
        )
        func wholeFlow(environment: VirtualEnvironment) async throws {
            try await Deployment.run { deployment in
                let report = try await deployment.client(environment, user: .alice)
                #expect(report.error == nil)
                #expect(report.sdk.hasPrefix(environment.name.dropFirst(3) + "."))
                #expect(report.tools == ["whoami_upstream"])

                let before = try #require(report.before)
                let after = try #require(report.after)
                for call in [before, after] {
                    #expect(call.user == .init(.alice))
                    // VX-1: the upstream's access token, nothing that renews it, and nothing kept by a cache.
                    #expect(call.exchange.token_type?.lowercased() == "bearer")
                    #expect(call.exchange.issued_token_type != nil)
                    #expect(!call.exchange.members.contains("refresh_token"))
                    #expect(call.exchange.cache_control == "no-store")
                }
                // JW-2: the same user before and after, under a name that is not the upstream's.
                #expect(before.subject == after.subject)
                #expect(before.subject != UpstreamUser.alice.subject)

                expectOneLogin(report, environment: environment, deployment: deployment)
                try expectRotatedTokens(report)
                try await expectCleanEnd(deployment, reports: [report])
            }
        }

        @Test("Two clients with two users at the same time each act for their own user")
        func twoUsers() async throws {
            try await Deployment.run { deployment in
                async let one = deployment.client(.mcp1, user: .alice)
                async let two = deployment.client(.mcp2, user: .bob)
                let reports = try await [one, two]
                for (report, user) in zip(reports, [UpstreamUser.alice, .bob]) {
                    #expect(report.error == nil)
                    #expect(report.before?.user == .init(user))
                    #expect(report.after?.user == .init(user))
                }
                #expect(reports[0].before?.subject != reports[1].before?.subject)
                #expect(reports[0].client?.client_id != reports[1].client?.client_id)
                try await expectCleanEnd(deployment, reports: reports)
            }
        }

        @Test(
            "CO-1: a user who denies is never sent upstream, and the client is informed",
            arguments: [VirtualEnvironment.mcp1, .mcp2]
        )
        func denied(environment: VirtualEnvironment) async throws {
            try await Deployment.run { deployment in
                let report = try await deployment.client(environment, user: .alice, decision: "deny")
                #expect(report.error == .init(type: "AuthorizationRefused", message: "access_denied"))
                #expect(report.redirect["iss"] == deployment.issuer)
                #expect(report.redirect["state"]?.isEmpty == false)
                #expect(report.redirect["code"] == nil)
                #expect(report.tokens.isEmpty)
                #expect(!report.visits.contains { $0.contains(deployment.upstreamIssuer) })
                try await expectCleanEnd(deployment, reports: [report])
            }
        }

        /// The browser's way: our consent page first, then upstream, then back to the client, once.
        private func expectOneLogin(
            _ report: ClientReport,
            environment: VirtualEnvironment,
            deployment: Deployment
        ) {
            #expect(report.authorizations.count == 1, "a refresh sent the user to log in again")
            let issuer = deployment.issuer
            let upstream = deployment.upstreamIssuer
            #expect(
                report.visits == [
                    "GET \(issuer)/oauth/authorize", "POST \(issuer)/oauth/consent",
                    "GET \(upstream)/oauth2/authorize", "POST \(upstream)/oauth2/authorize",
                    "GET \(issuer)/oauth/callback/\(Deployment.upstreamName)",
                ]
            )
            // CO-1: the page names who asks, what for, and who is asked upstream.
            #expect(report.consent_page.contains("Python SDK \(environment.name.dropFirst(3))"))
            #expect(report.consent_page.contains(deployment.resource))
            #expect(report.consent_page.contains(Deployment.upstreamName))
            // RFC 9207: the 2.x client would stop without it; 1.x ignores it.
            #expect(report.redirect["iss"] == issuer)
            #expect(report.client?.token_endpoint_auth_method == "none")
            #expect(report.client?.redirect_uris == ["http://127.0.0.1:33418/callback"])
        }

        /// FD-1, FD-12: a public client's refresh token is replaced at each use, and the scope is always said.
        private func expectRotatedTokens(_ report: ClientReport) throws {
            try #require(report.tokens.count == 2)
            #expect(Set(report.tokens.map(\.access_token)).count == 2)
            let refreshTokens = report.tokens.compactMap(\.refresh_token)
            #expect(refreshTokens.count == 2)
            #expect(Set(refreshTokens).count == 2)
            for tokens in report.tokens {
                #expect(tokens.token_type == "Bearer")
                #expect(tokens.expires_in.map { (1...3600).contains($0) } == true)
                #expect(tokens.scope?.split(separator: " ").contains("mcp:read") == true)
            }
        }
    }
}

extension ClientReport.Call.User {
    init(_ user: UpstreamUser) {
        self.init(sub: user.subject, name: user.name, email: user.email)
    }
}

/// Gatehouse ends by SIGTERM in order, and in all it said there is no secret of anybody's.
func expectCleanEnd(_ deployment: Deployment, reports: [ClientReport]) async throws {
    #expect(try await deployment.gatehouse.stop() == 0)
    var secrets = [deployment.resourceClientSecret, deployment.upstreamClientSecret]
    for report in reports {
        secrets += report.tokens.flatMap { [$0.access_token, $0.refresh_token].compactMap(\.self) }
        secrets += [report.before, report.after].compactMap { $0?.upstream_access_token }
        secrets += [report.redirect["code"]].compactMap(\.self)
        // A signature alone would make a token of public parts.
        secrets += report.tokens.compactMap { $0.access_token.split(separator: ".").last.map(String.init) }
    }
    let said = deployment.gatehouse.progress.everything
    for secret in secrets {
        #expect(!said.contains(secret), "gatehouse wrote a secret to its output")
    }
}
