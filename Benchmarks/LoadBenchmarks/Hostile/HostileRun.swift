import BenchmarkSupport

/// The turns of all attacks on one server.
final class HostileRun {
    private let host: LoadHost
    private let load: LegitimateLoad
    private let attacks: HostileAttacks

    init(_ host: LoadHost, scale: Double, isPatient: Bool) async throws {
        self.host = host
        // The forger's session is not one of those that are refreshed.
        attacks = try HostileAttacks(host, scale: scale)
        load = try await LegitimateLoad(
            host,
            ScriptFactory(host, connections: 64),
            scale: scale,
            isPatient: isPatient
        )
        _ = try load.run(seconds: 0.5, attack: nil)
    }

    func measure(_ row: HostileRow, seconds: Double, turns: Int) throws -> HostileReport.Row {
        let attack = try attacks.attack(row)
        guard let port = row == .handshakes ? host.tlsPort : host.server.port else {
            throw BenchmarkError("the server does not speak TLS")
        }
        let crowd = Crowd(port: port)
        var (unloaded, loaded) = (LegitimateLoad.Figures(), LegitimateLoad.Figures())
        var used = (processor: 0.0, time: 0.0)
        try PeakMemory.reset(of: host.processID)
        for _ in 0..<turns {
            unloaded.add(try load.run(seconds: seconds, attack: nil))
            attack.prepare(crowd)
            // What was only opened is not part of the turn: the server has worked through it when it answers.
            _ = try host.answer(RequestText.get(ScriptFactory.keySetPath))
            let start = (try ProcessUsage.current(of: host.processID).processorSeconds, MonotonicClock.now)
            loaded.add(try load.run(seconds: seconds, attack: AttackSchedule(attack, crowd)))
            used.processor += try ProcessUsage.current(of: host.processID).processorSeconds - start.0
            used.time += Double(MonotonicClock.now - start.1) / 1e9
            crowd.closeAll()
            // The server notices the ends of the connections before the next turn.
            _ = try host.answer(RequestText.get(ScriptFactory.keySetPath))
        }
        let latencies = LegitimateLoad.Kind.allCases.map { kind in
            let (before, during) = (unloaded.p99Microseconds(kind), loaded.p99Microseconds(kind))
            return HostileReport.Latency(
                id: kind.rawValue,
                unloadedP99Microseconds: before,
                loadedP99Microseconds: during,
                ratio: during / max(0.001, before)
            )
        }
        return HostileReport.Row(
            id: row.rawValue,
            name: row.title,
            answers: Dictionary(crowd.answerCounts.map { ("\($0.key)", $0.value) }) { first, _ in first },
            connections: crowd.connectionCountMax,
            operations: loaded.operationCount,
            latencies: latencies,
            p99Ratio: latencies.map(\.ratio).max() ?? 0,
            failures: unloaded.failureCount + loaded.failureCount,
            failureExamples: unloaded.failures + loaded.failures,
            peakResidentBytes: try PeakMemory.current(of: host.processID),
            residentBytesMax: row.residentBytesMax,
            serverShare: used.processor / max(0.001, used.time)
        )
    }
}
