import AuthorizationServerTesting
import Foundation
import OAuthProtocol
import Testing

extension DurabilityTests {
    /// RFC 8936: a receiver of security events that was away goes on where it was, whatever became of the server.
    @Suite("A receiver of events, and a killed server")
    struct EventResumeTests {
        @Test("what ended before SIGKILL comes after it, once acknowledged never again, and under the same name")
        func resumes() async throws {
            try await StorageDeployment.run { deployment in
                try deployment.edit { $0 + "shared_signals: {enabled: true}\n" }
                var process = try await deployment.served()
                let receiver = Receiver(client: deployment.client)
                let stream = try await receiver.stream()
                let client = try await deployment.registeredClient(named: "resume")
                var refreshTokens: [String] = []
                for _ in 0..<3 {
                    let code = try await deployment.code(for: client, user: "ada")
                    let tokens = try await client.redeem(code)
                    refreshTokens.append(try #require(tokens["refresh_token"]))
                }
                try await end(refreshTokens[0], client)
                // The receiver has read it, and not yet acknowledged.
                let read = try await receiver.poll(stream)
                #expect(read.count == 1)
                await process.kill()

                process = try await deployment.served()
                let again = try await receiver.poll(stream)
                #expect(again == read)
                // One more ends, and the server dies between the end and the poll.
                try await end(refreshTokens[1], client)
                await process.kill()

                process = try await deployment.served()
                let both = try await receiver.poll(stream)
                #expect(both.count == 2 && both.first == read.first)
                let rest = try await receiver.poll(stream, acknowledging: read)
                #expect(rest == Array(both.dropFirst()))
                await process.kill()

                process = try await deployment.served()
                let last = try await receiver.poll(stream)
                #expect(last == rest)
                try await end(refreshTokens[2], client)
                let third = try await receiver.poll(stream, acknowledging: last)
                #expect(third.count == 1 && !both.contains(third.first ?? ""))
                #expect(await process.stop().status == 0)
            }
        }

        /// A resource server that polls.
        private struct Receiver {
            let client: OAuthTestClient

            private func send(_ path: String, _ json: JSONObject) async throws -> OAuthTestClient.Answer {
                let (id, secret) = TestServer.resourceServer
                return try await client.send(
                    "POST",
                    path,
                    headerFields: [
                        (name: "authorization", value: OAuthTestClient.basic(id, secret)),
                        (name: "content-type", value: "application/json"),
                    ],
                    body: json.serialized()
                )
            }

            func stream() async throws -> String {
                let answer = try await send("/ssf/stream", [:])
                #expect(answer.status == 201)
                return try #require(answer["stream_id"])
            }

            /// The identifiers of the events that come now.
            func poll(_ stream: String, acknowledging known: [String] = []) async throws -> [String] {
                let body: JSONObject = ["returnImmediately": true, "ack": .strings(known)]
                let answer = try await send("/ssf/poll/\(stream)", body)
                #expect(answer.status == 200)
                return try #require(answer.json["sets"]?.objectValue).names
            }
        }

        private func end(_ refreshToken: String, _ client: OAuthTestClient) async throws {
            let answer = try await client.revoke(refreshToken)
            #expect(answer.status == 200)
        }
    }
}
