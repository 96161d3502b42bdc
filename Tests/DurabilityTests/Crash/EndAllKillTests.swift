import AuthorizationServerTesting
import OAuthProtocol
import Testing

extension DurabilityTests {
    /// Somebody leaves: one command, the real program, and SIGKILL while the command is at work.
    @Suite("gatehouse end-all and a kill")
    struct EndAllKillTests {
        private static let count = 10_000
        /// How many end in one change: the last one may have been killed on its way to the disk.
        private static let sliceCount = 500

        @Test(
            "ten thousand sessions of a user end; what had ended stays so, the same command ends the rest, others live"
        )
        func killed() async throws {
            try await StorageDeployment.run { deployment in
                let first = try await deployment.served()
                let client = try await deployment.registeredClient(named: "An agent")
                let ada = try await client.redeem(try await deployment.code(for: client, user: "ada"))
                let grace = try await client.redeem(try await deployment.code(for: client, user: "grace"))
                #expect(await first.stop().status == 0)
                let claims = try Self.claims(ada["access_token"])
                let sub = try #require(claims["sub"]?.stringValue)
                let tsid = try #require(claims["tsid"]?.stringValue)
                let many = try await ManySessions.add(Self.count - 1, like: tsid, to: deployment)

                let server = try await deployment.served()
                // These tokens are good: that none is afterwards means something.
                let sample = try await client.refresh(many.refreshTokens[0])
                #expect(sample.status == 200)
                let tokens = many.refreshTokens.dropFirst() + [sample, ada].compactMap { $0["refresh_token"] }
                let threshold = Int.random(in: 1...Self.count)
                async let command = deployment.administer(server, ["end-all", "--user", sub])
                try await Self.waitUntil(sessionsAtMost: threshold, deployment, server)
                await server.kill()
                let interrupted = try await command

                let again = try await deployment.served()
                let finished = try await deployment.administer(again, ["end-all", "--user", sub])
                #expect(finished.status == 0, "\(finished.errors)")
                let rest = try #require(Int(finished.output.filter(\.isNumber)), "\(finished.output)")
                // What the killed server had ended is not there again, and an answer means that all of it held.
                #expect(rest <= threshold + Self.sliceCount, "threshold \(threshold)")
                if interrupted.status == 0 {
                    #expect(rest == 0 && interrupted.output == "sessions: \(Self.count)\n", "threshold \(threshold)")
                }
                try await Self.expectNothingLeft(sub, Array(tokens), client, deployment, again)
                let token = try #require(grace["refresh_token"])
                let other = try await client.refresh(token)
                #expect(other.status == 200)

                // And through another kill.
                await again.kill()
                let last = try await deployment.served()
                try await Self.expectNothingLeft(sub, [tokens[1]], client, deployment, last)
                #expect(try await client.refresh(other["refresh_token"] ?? token).status == 200)
                #expect(await last.stop().status == 0)
            }
        }

        private static func claims(_ token: String?) throws -> JSONObject {
            let parts = try #require(token).split(separator: ".").map(String.init)
            return try JSONParser.parseObject(try #require(Base64URL.decode(parts[1])))
        }

        /// Returns as soon as the server has no more sessions than that; another user has one of them.
        private static func waitUntil(
            sessionsAtMost count: Int,
            _ deployment: StorageDeployment,
            _ server: GatehouseProcess
        ) async throws {
            while true {
                let metrics = try await deployment.ask(server, "GET", "/metrics").body
                let value = try #require(metrics.firstMatch(of: /\ngatehouse_sessions ([0-9]+)/)?.1)
                if let sessions = Int(value), sessions <= count { return }
            }
        }

        private static func expectNothingLeft(
            _ sub: String,
            _ tokens: [String],
            _ client: OAuthTestClient,
            _ deployment: StorageDeployment,
            _ server: GatehouseProcess
        ) async throws {
            let list = try await deployment.administer(server, ["sessions", "--user", sub, "--json"])
            let json = try JSONParser.parseObject(Array(list.output.utf8))
            #expect(json["sessions"] == .array([]), "\(list.output.prefix(300))")
            for token in tokens {
                let answer = try await client.refresh(token)
                #expect(answer.status == 400 && answer.error == "invalid_grant")
            }
        }
    }
}
