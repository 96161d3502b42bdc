import Testing

extension EndToEndTests {
    /// FastMCP on both sides of Gatehouse, whose issuer has a path here (MD-2).
    @Suite("FastMCP, client and server", .clients(before: .fastMCP))
    struct FastMCPTests {
        private struct Story: ClientStory {
            let library: String
            let refusals: [String: String]
            let secrets: [String]
            let registered: ClientLife
            let document: ClientLife
            let `public`: ClientLife
            let confidential: ClientLife
            let secret: ClientLife
            let key: ClientLife
            /// The server's answer to a token for another server.
            let status_elsewhere: Int
            let browser_failures: [String]
        }

        @Test("CR-9, CM-11, CC-1, MD-2: every kind of client calls a tool, refreshes, is revoked and starts again")
        func everyKind() async throws {
            let deployment = try #require(ClientDeployment.current)
            let story = try await deployment.tell("fastmcp_story.py", as: Story.self)
            #expect(story.browser_failures.isEmpty)
            story.registered.expectUserLife(deployment, isPublic: true)
            #expect(story.registered.client_id.hasPrefix("dcr_"))
            story.document.expectUserLife(deployment, client: deployment.clientHost + "/client.json", isPublic: true)
            story.public.expectUserLife(deployment, client: "public", isPublic: true)
            story.confidential.expectUserLife(deployment, client: "web", isPublic: false)
            story.secret.expectMachineLife(deployment, client: "batch")
            story.key.expectMachineLife(deployment, client: "robot")
            for life in [story.registered, story.document, story.public, story.confidential, story.secret, story.key] {
                // What FastMCP's server read from the token, call by call.
                let callers = try #require(life.callers)
                #expect(callers.count == (life.logins == nil ? 2 : 3))
                for caller in callers {
                    #expect(caller.sub == life.before.sub)
                    #expect(caller.client_id == life.client_id)
                    #expect(caller.scopes == ["mcp:read"])
                }
            }

            for name in ["wrong secret", "wrong secret of a user's client", "foreign key"] {
                #expect(story.refusals[name]?.contains("invalid_client") == true, "\(name)")
            }
            // The client looks at the page before it opens the browser, and takes 400 for an unknown client (AZ-2).
            #expect(story.refusals["document that names another"]?.contains("OAuth client not found") == true)
            #expect(story.refusals["unknown client"]?.contains("rejected the static client credentials") == true)
            #expect(story.refusals["token for another server"]?.hasPrefix("not refused") == false)
            #expect(story.status_elsewhere == 401)
            #expect(story.refusals.count == 6)
        }
    }
}
