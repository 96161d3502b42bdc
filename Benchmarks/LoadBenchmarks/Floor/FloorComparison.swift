import BenchmarkSupport
import Histogram

/// One scenario on our server and on its floor, in turns, so that other activity on the machine affects both alike.
struct FloorComparison {
    let scenario: ScenarioID
    let conditions: Conditions
    let host: LoadHost
    let factory: ScriptFactory
    let floor: FloorHost
    /// A request of the scenario, whose answer is the floor's.
    let request: [UInt8]

    /// The share of its own highest rate at which each server's latencies are measured.
    private static let load = 0.7

    /// Starts the floor with an answer of our server.
    static func start(
        _ scenario: ScenarioID,
        _ conditions: Conditions,
        _ host: LoadHost,
        _ factory: ScriptFactory
    ) async throws -> FloorComparison {
        let scripts = try await factory.scripts(scenario, connections: 1, seconds: 0)
        guard let script = scripts.first, let step = try script.begin() else {
            throw BenchmarkError("\(scenario.rawValue) has no request")
        }
        let answer = try host.answer(step.request)
        // The script continues from its answer: a refresh token that it took is replaced.
        guard try script.take(answer) == nil else {
            throw BenchmarkError("\(scenario.rawValue) has more than one request")
        }
        return FloorComparison(
            scenario: scenario,
            conditions: conditions,
            host: host,
            factory: factory,
            floor: try await .start(FloorAnswer(answer, isSigned: scenario.limit == .signatures)),
            request: step.request
        )
    }

    func measure(id: String, turns: Int) async throws -> FloorReport.Row {
        let rates = try await alternating(turns) { _ in .closed }
        let (ours, theirs) = (median(rates.map(\.ours.rate)), median(rates.map(\.theirs.rate)))
        let tails = try await alternating(turns) { .open(perSecond: ($0 ? ours : theirs) * Self.load) }
        func microseconds(_ percentile: Double, _ outcome: Outcome) -> Double {
            Double(outcome.latencies.valueAtPercentile(percentile)) / 1000
        }
        func figures(_ percentile: Double) -> (ours: Double, theirs: Double, ratio: Double) {
            let pairs = tails.map { (microseconds(percentile, $0.ours), microseconds(percentile, $0.theirs)) }
            return (median(pairs.map(\.0)), median(pairs.map(\.1)), median(pairs.map { $0.0 / max(1, $0.1) }))
        }
        let (p99, p999) = (figures(99), figures(99.9))
        return FloorReport.Row(
            id: id,
            perSecond: ours,
            floorPerSecond: theirs,
            rateRatio: median(rates.map { $0.ours.rate / $0.theirs.rate }),
            p99Microseconds: p99.ours,
            floorP99Microseconds: p99.theirs,
            p99Ratio: p99.ratio,
            p999Microseconds: p999.ours,
            floorP999Microseconds: p999.theirs,
            p999Ratio: p999.ratio
        )
    }

    private func alternating(
        _ turns: Int,
        _ mode: (_ isOurs: Bool) -> LoadEngine.Mode
    ) async throws -> [(ours: Outcome, theirs: Outcome)] {
        var outcomes: [(ours: Outcome, theirs: Outcome)] = []
        for turn in 0..<turns {
            // The order alternates, because a machine that slows down must not favour one server.
            if turn.isMultiple(of: 2) {
                let ours = try await runOurs(mode(true))
                outcomes.append((ours, try runFloor(mode(false))))
            } else {
                let theirs = try runFloor(mode(false))
                outcomes.append((try await runOurs(mode(true)), theirs))
            }
        }
        return outcomes
    }

    private func runOurs(_ mode: LoadEngine.Mode) async throws -> Outcome {
        let scripts = try await factory.scripts(
            scenario,
            connections: conditions.connections,
            seconds: conditions.seconds
        )
        return try LoadEngine(scripts, endpoints: [host.server, host.provider])
            .run(mode, seconds: conditions.seconds, server: host.processID)
    }

    private func runFloor(_ mode: LoadEngine.Mode) throws -> Outcome {
        let scripts = (0..<conditions.connections).map { _ in RepeatedRequest(request) }
        return try LoadEngine(scripts, endpoints: [floor.endpoint])
            .run(mode, seconds: conditions.seconds, server: floor.processID)
    }

    private func median(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.sorted()[values.count / 2] }
}
