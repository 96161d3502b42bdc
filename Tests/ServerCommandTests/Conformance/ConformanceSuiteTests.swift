import OAuthClientKit
import OAuthProtocol
import OutboundHTTP
import Testing

@testable import ServerCommand

@Suite("gatehouse conformance")
struct ConformanceSuiteTests {
    private static func report(
        _ scene: ControlScene,
        through transport: (any OutboundTransport)? = nil,
        rules: Set<String> = [],
        revision: MCPRevision = .current,
        _ change: (inout ConformanceSubject.Options) -> Void = { _ in }
    ) async throws -> ConformanceReport {
        var options = ConformanceSubject.Options(issuer: scene.client.issuer)
        options.loginHint = "ada"
        change(&options)
        return try await ConformanceSuite(revision: revision, rules: rules).run(
            options,
            transport: transport ?? scene.transport,
            policy: .loopbackOnly
        )
    }

    @Test("This server passes every check")
    func ourselves() async throws {
        try await ControlScene.run { (scene) async throws in
            let report = try await Self.report(scene)
            let others = report.rows.filter { $0.verdict != .passed }
                .map { "\($0.check.rule) \($0.verdict.rawValue): \($0.reason ?? "")" }
            #expect(others.isEmpty)
            #expect(report.rows.count >= 80)
        }
    }

    @Test("Without a login, what needs one is not checked, and nothing fails")
    func withoutLogin() async throws {
        try await ControlScene.run { (scene) async throws in
            let report = try await Self.report(scene) { $0.loginHint = nil }
            #expect(report.count(.failed) == 0 && report.count(.warning) == 0)
            let needing: Set<String> = ["codes", "refresh tokens", "access tokens"]
            #expect(report.rows.filter { needing.contains($0.group) }.allSatisfy { $0.verdict == .notChecked })
            let others = report.rows.filter { !needing.contains($0.group) && $0.verdict == .notChecked }
            #expect(Set(others.map(\.check.rule)) == ["RV-2", "D-47"])
            #expect(report.rows.filter { $0.verdict == .notChecked }.allSatisfy { $0.reason != nil })
        }
    }

    @Test("Every check fails at a server with one of the faults, and every fault breaks the rules that it names")
    func faults() async throws {
        try await ControlScene.run { (scene) async throws in
            var broken: Set<String> = []
            for fault in ServerFault.all {
                let transport = DistortedServer(base: scene.transport, distort: fault.distort)
                let report = try await Self.report(scene, through: transport, rules: fault.rules)
                let rows = report.rows.filter { [.failed, .warning].contains($0.verdict) }
                #expect(Set(rows.map(\.check.rule)) == fault.rules, "\(fault.name)")
                #expect(rows.allSatisfy { $0.reason?.isEmpty == false }, "\(fault.name)")
                broken.formUnion(rows.map { $0.check.rule + $0.check.requirement })
            }
            let checks = ConformanceGroup.all.flatMap(\.checks).map { $0.rule + $0.requirement }
            #expect(checks.filter { !broken.contains($0) }.isEmpty)
            #expect(Set(checks).count == checks.count)
        }
    }

    @Test("An endpoint on another machine is not asked, and its rules are not checked")
    func confinement() async throws {
        try await ControlScene.run { (scene) async throws in
            let distort = DistortedServer.metadata { $0["token_endpoint"] = "https://192.0.2.1/token" }
            let base = scene.transport
            // The distortion is between the suite and the network: the policy of each request must already be set.
            let transport = DistortedServer(base: base) { (request, next) async throws(OutboundError) in
                guard request.addressPolicy == .loopbackOnly else {
                    throw OutboundError(.cancelled, "a request that is not confined")
                }
                return try await distort(request, next)
            }
            let report = try await Self.report(scene, through: transport, rules: ["TK-1", "TK-11", "TK-6"])
            #expect(report.rows.count == 3)
            #expect(report.rows.allSatisfy { $0.verdict == .notChecked })
            #expect(report.rows.allSatisfy { $0.reason?.contains("--allow-remote") == true })
        }
    }

    @Test("A server that limits requests is not charged with it")
    func limits() async throws {
        try await ControlScene.run { (scene) async throws in
            let distort = DistortedServer.answers(to: "/oauth/") { response, _ in response.status = 429 }
            let transport = DistortedServer(base: scene.transport, distort: distort)
            let report = try await Self.report(scene, through: transport, rules: ["CR-1", "AZ-7", "TK-11", "D-1"])
            #expect(!report.rows.isEmpty && report.rows.allSatisfy { $0.verdict == .notChecked })
        }
    }

    @Test("An earlier revision has fewer rules, and a server without registration is examined with a client of its own")
    func options() async throws {
        try await ControlScene.run { (scene) async throws in
            let early = try await Self.report(scene, rules: ["RI-3", "AZ-7", "AZ-14"], revision: .march2025)
            #expect(Set(early.rows.map(\.check.rule)) == ["AZ-7", "AZ-14"])
            var client = scene.client
            let answer = try await client.register(
                ConformanceSubject.registration([ConformanceSubject.loopbackRedirect])
            )
            client.id = answer["client_id"] ?? ""
            let existing = ConformanceClient(id: client.id, redirectURI: ConformanceSubject.loopbackRedirect)
            let distort = DistortedServer.metadata { $0["registration_endpoint"] = nil }
            let transport = DistortedServer(base: scene.transport, distort: distort)
            let report = try await Self.report(scene, through: transport, rules: ["TK-6", "D-18", "CR-9", "AZ-5"]) {
                $0.client = existing
            }
            let passed = report.rows.filter { $0.verdict == .passed }.map(\.check.rule)
            #expect(passed == ["TK-6"])
            #expect(report.rows.filter { $0.verdict == .notChecked }.count == 3)
        }
    }

    @Test("A server that does not answer is an error, not a report")
    func unreachable() async throws {
        try await ControlScene.run { (scene) async throws in
            await #expect(throws: OutboundError.self) { () async throws in
                _ = try await Self.report(scene) { $0.issuer = "http://127.0.0.1:1" }
            }
        }
    }
}
