import ArgumentParser
import BenchmarkSupport
import Foundation

/// Compares two builds in one run, to measure the effect of a change.
///
/// Short turns of one build, the other, and sometimes bare signatures: other activity on the machine affects all of
/// them alike.
struct VersusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "versus",
        abstract: "Compare this build's server with another build's, in short turns."
    )

    @OptionGroup var conditions: Conditions

    @Option(name: .long, help: "The other build's LoadBenchmarks.")
    var other: String

    @Option(name: .long, parsing: .upToNextOption, help: "The scenarios.")
    var scenarios: [ScenarioID] = [.jwks, .introspection, .vault, .refresh, .clientCredentials]

    @Option(name: .long, help: "How many turns each has.")
    var turns = 24

    func validate() throws {
        guard turns > 0 else { throw ValidationError("turns: at least 1") }
    }

    func run() async throws {
        try LoadBenchmarks.prepare()
        let ours = try await LoadHost.start(conditions)
        do {
            let theirs = try await LoadHost.start(conditions, program: URL(filePath: other))
            do { try await compare(ours, theirs) } catch {
                await theirs.stop()
                throw error
            }
            await theirs.stop()
        } catch {
            await ours.stop()
            throw error
        }
        await ours.stop()
    }

    private func compare(_ ours: LoadHost, _ theirs: LoadHost) async throws {
        let factories = try [ours, theirs].map { try ScriptFactory($0, connections: conditions.connections) }
        var table = TextTable(["scenario", "this /s", "other /s", "signatures /s", "this/other", "this/signatures"])
        for scenario in scenarios {
            var rates: [(this: Double, other: Double, signatures: Double)] = []
            for turn in 0..<turns {
                let this = { try await rate(scenario, ours, factories[0]) }
                let other = { try await rate(scenario, theirs, factories[1]) }
                // The order alternates, because a machine that slows down must not favour one build.
                let isFirst = turn.isMultiple(of: 2)
                let pair = isFirst ? (try await this(), try await other()) : try await Self.swapped(other, this)
                let isSigningTurn = turn.isMultiple(of: 6)
                let signatures =
                    isSigningTurn ? try SignatureRate.opensslSpeed(seconds: 1) : rates[turn - 1].signatures
                rates.append((pair.0, pair.1, signatures))
            }
            table.add([
                scenario.rawValue,
                Self.text(Self.median(rates.map(\.this))),
                Self.text(Self.median(rates.map(\.other))),
                Self.text(Self.median(rates.map(\.signatures))),
                Self.percent(Self.median(rates.map { $0.this / $0.other })),
                Self.percent(Self.median(rates.map { $0.this / $0.signatures })),
            ])
        }
        print(table.text)
    }

    private func rate(_ scenario: ScenarioID, _ host: LoadHost, _ factory: ScriptFactory) async throws -> Double {
        let scripts = try await factory.scripts(
            scenario,
            connections: conditions.connections,
            seconds: conditions.seconds
        )
        return try LoadEngine(scripts, endpoints: [host.server, host.provider])
            .run(.closed, seconds: conditions.seconds, server: host.processID).rate
    }

    private static func swapped(
        _ other: () async throws -> Double,
        _ this: () async throws -> Double
    ) async throws -> (Double, Double) {
        let other = try await other()
        return (try await this(), other)
    }

    private static func median(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.sorted()[values.count / 2]
    }

    private static func text(_ value: Double) -> String { "\(Int(value.rounded()))" }

    private static func percent(_ value: Double) -> String { "\((value * 1000).rounded() / 10) %" }
}
