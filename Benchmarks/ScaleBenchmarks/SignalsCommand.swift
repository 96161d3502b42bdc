import ArgumentParser
import AuthorizationServerTesting
import BenchmarkSupport
import Foundation
import GatehouseVerifier
import OAuthProtocol
import ServerConfiguration

/// `ScaleBenchmarks signals`: how long a revoked token is still accepted by verifiers that only know keys and events.
struct SignalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signals",
        abstract: "Measure the time from a revocation to its refusal by verifiers that follow security events."
    )

    @Option(name: .long, help: "How many verifiers follow; at least 1, at most 256.")
    var subscribers = 100

    @Option(name: .long, help: "How many sessions are revoked, one after the other.")
    var rounds = 20

    func validate() throws {
        guard (1...256).contains(subscribers) else { throw ValidationError("--subscribers must be 1 to 256") }
        guard rounds >= 1 else { throw ValidationError("--rounds must be at least 1") }
    }

    func run() async throws {
        let server = try await TestServer.start(
            clock: .following(),
            configure: { configuration in
                configuration.sharedSignals.isEnabled = true
                configuration.defaultResource = TestServer.resource
            }
        )
        do {
            let seconds = try await measure(server)
            let line = "\(subscribers) verifiers, \(rounds) revocations: \(Self.figures(seconds))\n"
            try FileHandle.standardOutput.write(contentsOf: Data(line.utf8))
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }

    /// The seconds until each verifier refused each revoked token.
    private func measure(_ server: TestServer) async throws -> [Double] {
        let client = try await OAuthTestClient.registered(at: server)
        let (taken, events) = AsyncStream.makeStream(of: (number: Int, moment: ContinuousClock.Instant).self)
        let verifiers = (0..<subscribers).map { number in
            Self.verifier(at: server, client) { events.yield((number, .now)) }
        }
        for (_, feed) in verifiers { try await feed.start() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for (_, feed) in verifiers { group.addTask { await feed.run() } }
            var seconds: [Double] = []
            for _ in 0..<rounds {
                let tokens = try await client.tokens(at: server, as: "ada")
                let token = tokens["access_token"] ?? ""
                let start = ContinuousClock.now
                _ = try await client.revoke(tokens["refresh_token"] ?? "")
                var left = Set(verifiers.indices)
                for await (number, moment) in taken where left.remove(number) != nil {
                    seconds.append((moment - start) / .seconds(1))
                    guard try await !Self.accepts(token, verifiers[number].0) else {
                        throw BenchmarkError("a verifier accepts a token whose end it has acknowledged")
                    }
                    if left.isEmpty { break }
                }
            }
            group.cancelAll()
            return seconds
        }
    }

    /// A verifier and its feed, which says when it acknowledges an event: it has been taken then.
    private static func verifier(
        at server: TestServer,
        _ client: OAuthTestClient,
        _ acknowledges: @escaping @Sendable () -> Void
    ) -> (TokenVerifier, RevocationFeed) {
        let issuer = server.issuer
        let verifier = TokenVerifier(issuer: issuer, resource: TestServer.resource) { url in
            let answer = try await client.send("GET", String(url.dropFirst(issuer.utf8.count)))
            guard answer.status == 200 else { throw BenchmarkError("\(url) answers \(answer.status)") }
            return Array(answer.body.utf8)
        }
        let feed = RevocationFeed(
            verifier: verifier,
            clientID: TestServer.resourceServer.id,
            clientSecret: TestServer.resourceServer.secret,
            now: { server.clock.now().secondsSinceEpoch }
        ) { request in
            if String(decoding: request.body, as: UTF8.self).contains("\"ack\"") { acknowledges() }
            let answer = try await client.send(
                request.method,
                String(request.url.dropFirst(issuer.utf8.count)),
                headerFields: [
                    (name: "authorization", value: request.authorization),
                    (name: "content-type", value: request.contentType),
                ],
                body: request.body
            )
            return IssuerAnswer(status: answer.status, body: Array(answer.body.utf8))
        }
        return (verifier, feed)
    }

    private static func accepts(_ token: String, _ verifier: TokenVerifier) async throws -> Bool {
        do throws(VerificationError) {
            _ = try await verifier.verify(token, now: Int64(Date().timeIntervalSince1970))
            return true
        } catch {
            guard case .invalidToken = error else { throw error }
            return false
        }
    }

    private static func figures(_ seconds: [Double]) -> String {
        let sorted = seconds.sorted()
        let figures = [("p50", 50), ("p99", 99), ("max", 100)].map { name, share in
            let index = min(sorted.count * share / 100, sorted.count - 1)
            return "\(name) " + String(format: "%.3f s", sorted[index])
        }
        return figures.joined(separator: ", ")
    }
}
