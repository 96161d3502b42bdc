import AuthorizationServerTesting
import DurableLog
import Foundation
import OAuthProtocol
import Testing

extension DurabilityTests {
    /// The storage, even opened with its key, the log, the trail and the administrator's token give away no credential
    /// that a user entered.
    @Suite("Credentials that users entered, and everything that the program writes or answers")
    struct EnteredSecretTests {
        private static let entered = "wk_1b9d44e07a_entered"
        private static let deposited = "wk_c20f6a8813_deposited"
        private static let refused = "pk_77aa01f3c9_refused"

        @Test("D-25: neither files, sealed or opened, nor log, trail, metrics and management answers have one of them")
        func nowhere() async throws {
            try await StorageDeployment.run { deployment in
                try Self.addWeather(to: deployment)
                var texts: [String] = []
                let first = try await deployment.served("--log-level", "trace")
                let client = try await deployment.registeredClient(named: "An agent")
                let login = try await client.redeem(try await deployment.code(for: client, user: "ada"))
                let token = try #require(login["access_token"])
                let user = EnteringUser(deployment: deployment, client: client)
                texts += try await user.enter([Self.refused, Self.entered], token)
                let answer = try await client.exchange(token, audience: "weather")
                #expect(answer["access_token"] == "Key " + Self.entered)
                texts += try await Self.answers(deployment, first, token)
                let killed = await first.kill()
                // The journal alone has it all.
                Self.expectHidden(in: try await Self.contents(of: deployment))

                let second = try await deployment.served("--log-level", "trace")
                let sub = try #require(try Self.claims(token)["sub"]?.stringValue)
                let fields: JSONObject = ["fields": ["key": .string(Self.deposited), "station": "south"]]
                let deposit = try await deployment.ask(
                    second,
                    "PUT",
                    "/admin/users/\(sub)/connections/weather",
                    body: fields
                )
                #expect(deposit.status < 300, "\(deposit.body)")
                let again = try await client.exchange(token, audience: "weather")
                #expect(again["access_token"] == "Key " + Self.deposited)
                #expect(try await deployment.ask(second, "POST", "/admin/snapshot").status == 200)
                texts += [deposit.body] + (try await Self.answers(deployment, second, token))
                let stopped = await second.stop()
                #expect(stopped.status == 0)

                for outcome in [killed, stopped] { texts += [outcome.output, outcome.errors] }
                #expect([killed, stopped].allSatisfy { $0.errors.contains(#""route":"token""#) })
                Self.expectHidden(in: texts.map { Array($0.utf8) })
                Self.expectHidden(in: try await Self.contents(of: deployment))
                let files = try StorageSearch(deployment.directory)
                #expect(files.names.contains { $0.hasSuffix(".snapshot") } && files.names.contains("audit.log"))
                #expect(try files.occurrences(of: ["weather"]) == ["weather"])
                #expect(try files.occurrences(of: Self.forms) == [])
            }
        }

        private static func addWeather(to deployment: StorageDeployment) throws {
            let weather = """
                  - name: weather
                    type: static
                    fields: [{name: key, pattern: "wk_[a-z0-9_]+"}, {name: station, secret: false}]
                    format: "Key {key}"
                    header: X-Api-Key
                """
            try deployment.edit { text in
                text.replacing("\nresources:", with: "\n\(weather)\nresources:")
                    .replacing(
                        "upstreams: [\(TestServer.upstream)]",
                        with: "upstreams: [\(TestServer.upstream), weather]"
                    )
            }
        }

        private static func claims(_ token: String) throws -> JSONObject {
            let parts = token.split(separator: ".").map(String.init)
            return try JSONParser.parseObject(try #require(Base64URL.decode(parts[1])))
        }

        /// Every answer about a user, a connection or a session that an operator can get.
        private static func answers(
            _ deployment: StorageDeployment,
            _ server: GatehouseProcess,
            _ token: String
        ) async throws -> [String] {
            let claims = try claims(token)
            let sub = try #require(claims["sub"]?.stringValue)
            let tsid = try #require(claims["tsid"]?.stringValue)
            var texts: [String] = []
            for path in [
                "/metrics", "/admin/users", "/admin/users/\(sub)/connections", "/admin/upstreams/weather/connections",
                "/admin/sessions", "/admin/sessions/\(tsid)", "/admin/consents", "/admin/status",
            ] {
                let answer = try await deployment.ask(server, "GET", path)
                #expect(answer.status == 200, "\(path): \(answer.body)")
                texts.append(answer.body)
            }
            let trail = deployment.directory.appending(path: "audit.log").path()
            for id in [sub, tsid] {
                let explained = try await GatehouseProcess.run(["explain", id, "--audit", trail])
                #expect(explained.status == 0, "\(explained.errors)")
                texts.append(explained.output)
            }
            let commands: [[String]] = [["users", "ada"], ["connections", "--upstream", "weather"], ["audit"]]
            for command in commands {
                let said = try await deployment.administer(server, command)
                #expect(said.status == 0, "\(command): \(said.errors)")
                texts.append(said.output)
            }
            #expect(texts.contains { $0.contains("weather") })
            return texts
        }

        /// Everything that is stored, opened with the key and inflated.
        private static func contents(of deployment: StorageDeployment) async throws -> [[UInt8]] {
            let pieces = try await deployment.opened { store in
                var replay = try store.replay()
                var pieces: [[UInt8]] = []
                while let item = try replay.next() {
                    switch item {
                    case .section: break
                    case .chunk(let bytes), .record(_, let bytes): pieces.append(bytes)
                    }
                }
                return pieces
            }
            // The search sees what is there in clear.
            #expect(pieces.contains { $0.firstRange(of: Array("weather".utf8)) != nil })
            return pieces
        }

        private static func expectHidden(in places: [[UInt8]]) {
            #expect(!places.isEmpty)
            for form in forms {
                let found = places.count { $0.firstRange(of: Array(form.utf8)) != nil }
                #expect(found == 0, "\(form)")
            }
        }

        /// Every form in which one of them could be written down.
        private static var forms: [String] {
            [entered, deposited, refused].flatMap { secret in
                let bytes = Array(secret.utf8)
                let hex = bytes.map { String($0, radix: 16) }.joined()
                // Both as it is entered and as the header field has it.
                return [secret, hex, Base64.encode(bytes), Base64.encode(Array("Key \(secret)".utf8))]
            }
        }
    }
}
