import ArgumentParser
import BenchmarkSupport
import Foundation

/// Every promised figure over sockets, in a few minutes.
struct SuiteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suite",
        abstract:
            "Measure the promised figures: plain, TLS, durable, a million sessions, idle connections, beside nginx."
    )

    @Option(name: .long, help: "Seconds for each scenario.")
    var seconds = 2.0

    @Option(name: .long, help: "The sessions of the large server.")
    var sessions = 1_000_000

    @Option(name: .long, help: "The idle connections.")
    var idle = 10_000

    @Flag(name: .long, help: "Leave nginx out, with a warning.")
    var withoutNginx = false

    @Flag(name: .long, help: "Print JSON instead of a table.")
    var json = false

    private typealias Part = (name: String, conditions: Conditions, body: (LoadRun) async throws -> Void)

    func run() async throws {
        guard withoutNginx || NginxServer.isInstalled else {
            throw BenchmarkError(
                "nginx is not installed: install it with `make bench-setup`, or use --without-nginx"
            )
        }
        if withoutNginx { FileHandle.standardError.write(Data("NOT COMPARED WITH NGINX\n".utf8)) }
        try LoadBenchmarks.prepare()
        let signatures = try SignatureRate.measure(seconds: 2)
        var report = LoadReport(signatures: signatures)
        for part in try parts {
            FileHandle.standardError.write(Data("load: \(part.name)\n".utf8))
            let run = try await LoadRun.start(part.conditions, signatures: signatures)
            do {
                try await part.body(run)
            } catch {
                await run.stop()
                throw error
            }
            await run.stop()
            report.add(run.report, as: part.name)
        }
        try LoadBenchmarks.write(report, json: json)
    }

    private func conditions(_ change: (inout Conditions) -> Void = { _ in }) throws -> Conditions {
        var conditions = try Conditions.parse([])
        conditions.seconds = seconds
        change(&conditions)
        return conditions
    }

    private var parts: [Part] {
        get throws {
            let withNginx = !withoutNginx
            let (sessions, idle) = (sessions, idle)
            return [
                (
                    "plain", try conditions(),
                    { run in
                        for scenario in ScenarioID.allCases {
                            try await run.measure(scenario)
                            if withNginx, [.jwks, .metadata].contains(scenario) {
                                try await run.compareWithNginx(scenario)
                            }
                            if [.jwks, .introspection, .refresh].contains(scenario) {
                                try await run.measureAtSeventyPercent(scenario)
                            }
                            // Later scenarios leave clients and sessions behind.
                            if scenario == .mix { try run.noteResidentMemory() }
                        }
                    }
                ),
                (
                    "tls", try conditions { $0.tls = true },
                    { run in
                        for scenario in [ScenarioID.jwks, .metadata, .refresh] {
                            try await run.measure(scenario)
                            if withNginx, scenario != .refresh { try await run.compareWithNginx(scenario) }
                        }
                    }
                ),
                (
                    "always", try conditions { $0.journal = "always" },
                    { run in
                        try await run.measure(.refresh)
                        try await run.measureAtSeventyPercent(.refresh)
                        try await run.measure(.clientCredentials)
                    }
                ),
                (
                    "eight", try conditions { $0.connections = 8 },
                    { run in
                        try await run.measure(.jwks)
                        try await run.measure(.refresh)
                    }
                ),
                (
                    "thousand-connections", try conditions { $0.connections = 1000 },
                    { run in
                        try await run.measure(.jwks)
                        try await run.measure(.refresh)
                    }
                ),
                (
                    "idle", try conditions(),
                    { run in
                        try await run.measure(.jwks)
                        try await run.measureIdleConnections(idle)
                        if withNginx { try run.measureIdleConnectionsOfNginx(idle) }
                    }
                ),
                (
                    "idle-tls", try conditions { $0.tls = true },
                    { run in
                        try await run.measure(.jwks)
                        try await run.measureIdleConnections(idle)
                        if withNginx { try run.measureIdleConnectionsOfNginx(idle) }
                    }
                ),
                (
                    "many", try conditions { $0.sessions = sessions },
                    { run in
                        try await run.measure(.refresh)
                        try run.noteResidentMemory()
                    }
                ),
            ]
        }
    }
}
