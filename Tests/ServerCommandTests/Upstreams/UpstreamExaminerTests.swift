import AuthorizationServer
import DevelopmentIdentityProvider
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import Testing
import UpstreamIdentity

@testable import ServerCommand

@Suite("check-config --online: a verdict on each upstream, with a remedy")
struct UpstreamExaminerTests {
    private static func verdict(
        _ scene: UpstreamScene,
        timeSource: any TimeSource = SystemTimeSource(),
        _ change: (inout Configuration.Upstream) -> Void = { _ in }
    ) async throws -> UpstreamVerdict {
        var configuration = scene.configuration
        change(&configuration.upstreams[0])
        let examiner = UpstreamExaminer(
            configuration: configuration,
            transport: scene.transport,
            timeSource: timeSource,
            logger: UpstreamScene.logger
        )
        return try #require(await examiner.verdicts().first)
    }

    @Test("a provider that works is ok: its endpoints, keys, clock, redirect URI and a dry authorization URL")
    func good() async throws {
        try await UpstreamScene.run { scene in
            let verdict = try await Self.verdict(scene)
            #expect(verdict.level == .good)
            let text = verdict.lines.joined(separator: "\n")
            #expect(text.hasPrefix("upstream corp: ok"))
            for part in [
                "https://auth.example.com/oauth/callback/corp", "keys", " usable", "token_endpoint", "clock",
                "client_id=gatehouse", "state=STATE", "nonce=NONCE", "code_challenge_method=S256",
            ] {
                #expect(text.contains(part), "\(part)")
            }
            #expect(!text.contains("the-secret-of-the-upstream"))
            // The dry run registers no client and sends our secret nowhere.
            #expect(scene.provider.capturedRequests(on: .registration).isEmpty)
            #expect(scene.provider.capturedRequests(on: .token).allSatisfy { $0.method == "GET" })
        }
    }

    @Test("a provider that does not answer, or whose document names another issuer, fails with a remedy")
    func discovery() async throws {
        try await UpstreamScene.run { scene in
            let unreachable = try await Self.verdict(scene) { $0.issuer = "http://127.0.0.1:1" }
            #expect(unreachable.level == .failed)
            #expect(unreachable.lines.contains { $0.contains("-> check the address, DNS") })
            let other = try await Self.verdict(scene) {
                $0.issuer = scene.provider.issuer.replacing("127.0.0.1", with: "localhost")
            }
            #expect(other.level == .failed)
            #expect(other.lines.contains { $0.contains("byte for byte") })
        }
    }

    @Test("a configured endpoint that does not exist is a warning, and one that does not answer a failure")
    func endpoints() async throws {
        try await UpstreamScene.run { scene in
            let missing = try await Self.verdict(scene) {
                $0.endpoints.token = scene.provider.issuer + "/no-such-endpoint"
            }
            #expect(missing.level == .warning)
            #expect(missing.lines.contains { $0.contains("/no-such-endpoint answers 404") })
            let silent = try await Self.verdict(scene) { $0.endpoints.token = "http://127.0.0.1:1/token" }
            #expect(silent.level == .failed)
            #expect(silent.lines.contains { $0.contains("http://127.0.0.1:1/token does not answer") })
        }
    }

    @Test(
        "a clock that is off is a warning, and a failure where ID tokens would be refused",
        arguments: [
            (Duration.seconds(0), UpstreamVerdict.Level.good, "the provider"), (.seconds(30), .warning, "ahead of"),
            (.seconds(-30), .warning, "behind"), (.seconds(600), .failed, "ahead of"),
            (.seconds(-600), .failed, "behind"),
        ]
    )
    func clock(shift: Duration, level: UpstreamVerdict.Level, word: String) async throws {
        try await UpstreamScene.run { scene in
            let verdict = try await Self.verdict(scene, timeSource: ShiftedTimeSource(shift: shift))
            #expect(verdict.level == level)
            #expect(verdict.lines.contains { $0.contains("clock") && $0.contains(word) })
            #expect(level == .good || verdict.lines.contains { $0.contains("-> synchronize") })
        }
    }

    @Test("an upstream with dynamic registration is examined without registering")
    func selfRegistration() async throws {
        var settings = DevelopmentIdentityProvider.Configuration()
        settings.allowsRegistration = true
        try await UpstreamScene.run(settings) { scene in
            let verdict = try await Self.verdict(scene) {
                $0.clientID = nil
                $0.clientSecret = nil
                $0.registration = Configuration.UpstreamRegistration()
            }
            #expect(verdict.level == .good)
            #expect(verdict.lines.contains { $0.contains("becomes known there by itself") })
            #expect(scene.provider.capturedRequests(on: .registration).allSatisfy { $0.method == "GET" })
        }
    }

    @Test("a failing upstream does not end the report about the others")
    func several() async throws {
        try await UpstreamScene.run { scene in
            var configuration = scene.configuration
            var broken = configuration.upstreams[0]
            broken.name = "broken"
            broken.issuer = "http://127.0.0.1:1"
            configuration.upstreams = [broken] + configuration.upstreams
            let verdicts = await UpstreamExaminer(
                configuration: configuration,
                transport: scene.transport,
                timeSource: SystemTimeSource(),
                logger: UpstreamScene.logger
            )
            .verdicts()
            #expect(verdicts.map(\.level) == [.failed, .good])
        }
    }
}
