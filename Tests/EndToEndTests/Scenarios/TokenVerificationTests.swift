import Foundation
import Testing

extension EndToEndTests {
    /// Our JWTs before libraries that were written elsewhere, and their forgeries before us.
    @Suite("Tokens before independent libraries")
    struct TokenVerificationTests {
        /// What `verify_tokens.py` prints.
        private struct Verdict: Decodable {
            struct Claims: Decodable, Equatable {
                let iss: String
                let aud: String
                let sub: String
                let client_id: String
                let scope: String
                let tsid: String
                let jti: String
                let iat: Int
                let exp: Int
            }
            let header: [String: String]
            let claims: [String: Claims]
            let forgeries: [String: String]
            let refusals: [String: [String: String?]]
            let private_members: [String]
        }

        @Test("JW-1, JW-5, D-36: PyJWT and joserfc accept our token; forgeries are refused by them and by Gatehouse")
        func tokensAndForgeries() async throws {
            try await Deployment.run { deployment in
                let report = try await deployment.client(.mcp2, user: .alice)
                #expect(report.error == nil)
                let token = try #require(report.tokens.last).access_token
                let metadata = try await deployment.metadata()
                #expect(metadata.issuer == deployment.issuer)

                let verdict = try await VirtualEnvironment.mcp2.run(
                    "verify_tokens.py",
                    [
                        "--jwks-uri", metadata.jwks_uri, "--issuer", deployment.issuer, "--audience",
                        deployment.resource,
                    ],
                    input: Data(token.utf8),
                    as: Verdict.self
                )
                try expectOurs(verdict, report: report, deployment: deployment)

                #expect(verdict.forgeries.count == 7)
                for (forgery, refusals) in verdict.refusals {
                    for library in ["pyjwt", "joserfc"] {
                        #expect(refusals[library] != .some(nil), "\(library) accepted: \(forgery)")
                    }
                }
                try await expectRefusedByServers(verdict.forgeries, metadata: metadata, deployment: deployment)
                try await expectRefusedExchanges(token, metadata: metadata, deployment: deployment)
                try await expectCleanEnd(deployment, reports: [report])
            }
        }

        /// JW-1: what the two libraries read is the same, and is what the profile asks for.
        private func expectOurs(_ verdict: Verdict, report: ClientReport, deployment: Deployment) throws {
            #expect(verdict.private_members.isEmpty)
            #expect(verdict.header["typ"] == "at+jwt")
            #expect(verdict.header["alg"] == "ES256")
            #expect(verdict.header["kid"]?.isEmpty == false)
            let claims = try #require(verdict.claims["pyjwt"])
            #expect(verdict.claims["joserfc"] == claims)
            #expect(claims.aud == deployment.resource)
            #expect(claims.client_id == report.client?.client_id)
            #expect(claims.sub == report.after?.subject)
            #expect(claims.scope.split(separator: " ").contains("mcp:read"))
            #expect(!claims.tsid.isEmpty)
            #expect(claims.exp > claims.iat)
        }

        /// The MCP server answers 401 and Gatehouse's token exchange `invalid_grant` to each forgery.
        private func expectRefusedByServers(
            _ forgeries: [String: String],
            metadata: Deployment.Metadata,
            deployment: Deployment
        ) async throws {
            let named = forgeries.sorted { $0.key < $1.key }
            let answers = try await HTTPExchange.send(
                named.flatMap { _, forgery in
                    [
                        HTTPExchange(
                            method: "POST",
                            url: deployment.resource,
                            headers: ["Authorization": "Bearer \(forgery)"]
                        ),
                        deployment.tokenExchange(at: metadata.token_endpoint, subjectToken: forgery),
                    ]
                }
            )
            try #require(answers.count == named.count * 2)
            for (index, (name, _)) in named.enumerated() {
                #expect(answers[index * 2].status == 401, "the MCP server accepted: \(name)")
                let exchange = answers[index * 2 + 1]
                #expect(exchange.status == 400, "Gatehouse at: \(name): \(exchange.body)")
                #expect(try exchange.json(as: ErrorAnswer.self).error == "invalid_grant", "\(name)")
                #expect(exchange.headers["cache-control"] == "no-store")
            }
        }

        /// The genuine token with everything right is answered; with one thing wrong it is not.
        private func expectRefusedExchanges(
            _ token: String,
            metadata: Deployment.Metadata,
            deployment: Deployment
        ) async throws {
            let good = deployment.tokenExchange(at: metadata.token_endpoint, subjectToken: token)
            var wrongSecret = good
            wrongSecret.basic = [Deployment.resourceClientID, "wrong"]
            var anonymous = good
            anonymous.basic = nil
            var unknownUpstream = good
            unknownUpstream.form?["audience"] = "nowhere"
            let answers = try await HTTPExchange.send([good, wrongSecret, anonymous, unknownUpstream])
            try #require(answers.count == 4)
            #expect(answers[0].status == 200)
            // VT-1: the token alone, without the resource server's own authentication, opens nothing.
            #expect(answers[1].status == 401)
            #expect(try answers[1].json(as: ErrorAnswer.self).error == "invalid_client")
            #expect(answers[1].headers["www-authenticate"]?.hasPrefix("Basic") == true)
            #expect([400, 401].contains(answers[2].status))
            #expect(try answers[2].json(as: ErrorAnswer.self).error != "invalid_grant")
            #expect(answers[3].status == 400)
            #expect(try answers[3].json(as: ErrorAnswer.self).error == "invalid_target")
        }
    }
}
