import Foundation
import Testing

extension EndToEndTests {
    /// OAuth and OpenID clients that were written elsewhere, known to one Gatehouse in every way, from the login to
    /// after the revocation; and each refused when one thing about it is wrong.
    @Suite("Client libraries before one Gatehouse", .clients(before: .sdk))
    struct ClientLibraryTests {
        private struct SDKStory: ClientStory {
            let library: String
            let refusals: [String: String]
            let secrets: [String]
            let registered: ClientLife
            let document: ClientLife
            let `public`: ClientLife
            let confidential: ClientLife
            let secret: ClientLife
            let key: ClientLife
        }

        @Test(
            "CM-2, CM-8, CA-1, CC-1: the official SDK registered, by document, pre-registered, and for itself by secret or key",
            arguments: [VirtualEnvironment.mcp1, .mcp2]
        )
        func officialSDK(environment: VirtualEnvironment) async throws {
            let deployment = try #require(ClientDeployment.current)
            let story = try await deployment.tell("sdk_story.py", in: environment, as: SDKStory.self)
            let document = deployment.clientHost + "/client.json"
            story.registered.expectUserLife(deployment, isPublic: true)
            #expect(story.registered.client_id.hasPrefix("dcr_"))
            story.document.expectUserLife(deployment, client: document, isPublic: true)
            story.public.expectUserLife(deployment, client: "public", isPublic: true)
            story.confidential.expectUserLife(deployment, client: "confidential", isPublic: false)
            for life in [story.registered, story.document, story.public, story.confidential] {
                #expect(life.users == Array(repeating: UpstreamUser.alice.subject, count: 3))
            }
            // CM-8: the page says whose document it is, and that a program on this machine gets the answer.
            let page = try #require(story.document.consent_page)
            #expect(page.contains("Documented client"))
            #expect(page.contains("localhost"))

            story.secret.expectMachineLife(deployment, client: "batch")
            let isOlder = environment.name == VirtualEnvironment.mcp1.name
            story.key.expectMachineLife(deployment, client: isOlder ? "older-robot" : "robot")
            #expect(story.secret.tools == ["whoami_upstream"])
            #expect(story.key.tools == ["whoami_upstream"])

            // Machines learn it at the token endpoint, users at the page that their client sends them to (AZ-2, CM-6).
            var atToken = ["wrong secret", "wrong secret of a user's client", "foreign key", "assertion for elsewhere"]
            if isOlder { atToken.append("slash without leave") }
            for name in atToken {
                #expect(story.refusals[name]?.contains("401") == true, "\(name)")
                #expect(story.refusals[name]?.contains("invalid_client") == true, "\(name)")
            }
            let atPage = ["document that names another", "unknown client"]
            for name in atPage {
                #expect(story.refusals[name]?.hasPrefix("BrowserError") == true, "\(name)")
                #expect(story.refusals[name]?.hasSuffix(": 400") == true, "\(name)")
            }
            #expect(story.refusals.count == atToken.count + atPage.count)
        }

        private struct AuthlibStory: ClientStory {
            struct Web: Decodable, Sendable {
                struct IDToken: Decodable, Sendable {
                    let iss: String
                    let sub: String
                    let aud: String
                    let nonce: String
                    let at_hash: String
                }
                let claims: IDToken
                let userinfo: ClientLife.Claims
                let expires_in: Int
                let scope: String
            }
            enum CodingKeys: String, CodingKey {
                case library, refusals, secrets, web, secret, key, machine
                case postedSecret = "posted secret"
                case documentKey = "document's key"
                case documentAlone = "document without key"
            }
            let library: String
            let refusals: [String: String]
            let secrets: [String]
            let web: Web
            let secret: ClientLife
            let postedSecret: ClientLife
            let key: ClientLife
            let documentKey: ClientLife
            let documentAlone: ClientLife
            let machine: ClientLife
        }

        @Test("OP-1, OP-2, CM-9, CA-2, CA-3, IN-1: Authlib, OpenID Connect and OAuth 2.0, by secret, key and document")
        func authlib() async throws {
            let deployment = try #require(ClientDeployment.current)
            let story = try await deployment.tell("authlib_story.py", as: AuthlibStory.self)
            // Authlib has checked signature, issuer, audience, times, nonce and at_hash.
            #expect(story.web.claims.iss == deployment.issuer)
            #expect(story.web.claims.aud == "confidential")
            #expect(!story.web.claims.nonce.isEmpty && !story.web.claims.at_hash.isEmpty)
            #expect(story.web.userinfo.sub == story.web.claims.sub)
            #expect(story.web.userinfo.name == UpstreamUser.alice.name)
            #expect(story.web.scope.split(separator: " ").contains("openid"))

            let document = deployment.clientHost + "/plural.json"
            story.secret.expectUserLife(deployment, client: "confidential", isPublic: false)
            story.postedSecret.expectUserLife(deployment, client: "web", isPublic: false)
            story.key.expectUserLife(deployment, client: "signing", isPublic: false)
            // CM-9: a client that may come with a key or without is public, whichever way it comes.
            story.documentKey.expectUserLife(deployment, client: document, isPublic: true)
            story.documentAlone.expectUserLife(deployment, client: document, isPublic: true)
            let lives = [story.secret, story.postedSecret, story.key, story.documentKey, story.documentAlone]
            #expect(lives.allSatisfy { $0.userinfo_after == 401 })
            // JW-2: one user, one name, whichever client asks.
            #expect(Set(lives.map(\.before.sub)).count == 1)
            story.machine.expectMachineLife(deployment, client: "batch")

            #expect(
                story.refusals == [
                    "changed nonce": "InvalidClaimError", "wrong secret": "invalid_client",
                    "secret by another method": "invalid_client", "foreign key": "invalid_client",
                    "assertion for the token endpoint": "invalid_client", "assertion for elsewhere": "invalid_client",
                    "assertion for an hour": "invalid_client", "assertion used before": "invalid_client",
                    "introspection with a wrong secret": "401 invalid_client",
                ]
            )
        }

        private struct OAuthlibStory: ClientStory {
            enum CodingKeys: String, CodingKey {
                case library, refusals, secrets, secret, machine
                case `public` = "public"
                case postedSecret = "posted secret"
            }
            let library: String
            let refusals: [String: String]
            let secrets: [String]
            let `public`: ClientLife
            let secret: ClientLife
            let postedSecret: ClientLife
            let machine: ClientLife
        }

        @Test("CA-6, RV-1, CC-1: requests-oauthlib, public, by secret in either place, and for itself")
        func requestsOAuthlib() async throws {
            let deployment = try #require(ClientDeployment.current)
            let story = try await deployment.tell("requests_oauthlib_story.py", as: OAuthlibStory.self)
            story.public.expectUserLife(deployment, client: "public", isPublic: true)
            story.secret.expectUserLife(deployment, client: "confidential", isPublic: false)
            story.postedSecret.expectUserLife(deployment, client: "web", isPublic: false)
            story.machine.expectMachineLife(deployment, client: "batch")
            #expect(
                story.refusals == [
                    "secret by another method": "invalid_client", "wrong secret": "invalid_client",
                    "no secret": "invalid_client", "secret of a public client": "invalid_client",
                    "made-up code": "invalid_grant", "made-up state": "mismatching_state",
                    "wrong secret of a machine": "invalid_client", "unknown resource": "invalid_target",
                ]
            )
        }

        private struct BoundTokenStory: ClientStory {
            struct Life: Decodable, Hashable, Sendable {
                let types: [String]
                let is_bound: Bool
                let keeps_refresh_token: Bool
                let userinfo: Int
                let as_bearer: Int
                let retrieval: String
                let retrieval_without_proof: String
            }
            let library: String
            let refusals: [String: String]
            let secrets: [String]
            let algorithms: [String]
            let lives: [String: Life]
        }

        @Test("DP-1 … DP-5: proofs of PyJWT bind codes, tokens and refreshes, and the retrieval of upstream tokens")
        func boundTokens() async throws {
            let deployment = try #require(ClientDeployment.current)
            let story = try await deployment.tell("dpop_story.py", as: BoundTokenStory.self)
            let life = BoundTokenStory.Life(
                types: ["DPoP", "DPoP", "DPoP"],
                is_bound: true,
                keeps_refresh_token: true,
                userinfo: 200,
                as_bearer: 401,
                retrieval: "none",
                retrieval_without_proof: "invalid_dpop_proof"
            )
            #expect(Set(story.lives.keys) == Set(story.algorithms))
            #expect(story.lives.values.allSatisfy { $0 == life }, "\(story.lives)")
            let proof = "invalid_dpop_proof"
            #expect(
                story.refusals == [
                    "code without its key": proof, "code with another key": proof, "old proof": proof,
                    "proof from the future": proof, "proof for another method": proof,
                    "proof for another endpoint": proof, "two proofs": proof, "replayed proof": proof,
                    "refresh without a proof": proof, "refresh with another key": "invalid_grant",
                ]
            )
        }

        private struct RelyingPartyStory: ClientStory {
            struct Bound: Decodable, Sendable {
                let types: [String]
                let thumbprint: String
                let keys: [String]
            }
            let library: String
            let refusals: [String: String]
            let secrets: [String]
            let registered: ClientLife
            let secret: ClientLife
            let key: ClientLife
            let bound: Bound
        }

        @Test("CR-1, OP-1, CA-3, DP-1: IdPyOIDC registers itself, or is known by secret or key; checks our ID tokens")
        func relyingParty() async throws {
            let deployment = try #require(ClientDeployment.current)
            let story = try await deployment.tell("idpyoidc_story.py", as: RelyingPartyStory.self)
            story.registered.expectUserLife(deployment, isPublic: false)
            #expect(story.registered.client_id.hasPrefix("dcr_"))
            story.secret.expectUserLife(deployment, client: "confidential", isPublic: false)
            story.key.expectUserLife(deployment, client: "older-signing", isPublic: false)
            // RFC 9449 §5: a confidential client's refresh token is bound to the client, and each access token to the
            // key of its own request.
            #expect(story.bound.types == ["DPoP", "DPoP", "DPoP"])
            #expect(story.bound.keys.prefix(2) == [story.bound.thumbprint, story.bound.thumbprint])
            #expect(Set(story.bound.keys).count == 2)
            #expect(
                story.refusals == [
                    "wrong secret": "invalid_client", "secret by another method": "invalid_client",
                    "foreign key": "invalid_client", "token endpoint as audience without leave": "invalid_client",
                    "answer of another issuer": "VerificationError", "made-up code": "invalid_grant",
                    "introspection with a wrong secret": "invalid_client",
                ]
            )
        }
    }
}
