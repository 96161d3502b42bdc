import AuthorizationServerTesting
import Foundation
import Testing

/// Hours in short: mixed flows on the built program, with restarts and faults (ST-2, ST-5).
///
/// `make soak` runs it on the release program for `SOAK_MINUTES`; as a part of the tests it has a few short lives.
@Suite("A soak", .serialized, .timeLimit(.minutes(600)))
struct SoakTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let minutes = environment["SOAK_MINUTES"].flatMap(Double.init)
    private static let seed = environment["SOAK_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...9_999_999)
    private static let playerCount = 4
    /// Each life of the program, and how often there is one.
    private static let life = Duration.seconds(minutes == nil ? 2 : min(120, max(20, (minutes ?? 0) * 60 / 12)))
    private static let lifeCount = minutes.map { max(4, Int(($0 * 60 / (life / .seconds(1))).rounded())) } ?? 4
    /// What a login may leave: its user, connection, session, client and consent.
    private static let bytesPerLogin = 16 << 10
    private static let growthMax = 32 << 20
    private static let descriptorGrowthMax = 64

    @Test("keeps memory and descriptors flat, loses no session, and forces no login without a reason")
    func soak() async throws {
        try await StorageDeployment.run(snapshotInterval: "10s") { deployment in
            do {
                try await Self.run(deployment)
            } catch {
                throw Violation("seed \(Self.seed): \(error)")
            }
        }
    }

    private static func run(_ deployment: StorageDeployment) async throws {
        let faults = FaultWindow()
        var players = (0..<playerCount).map {
            Player(number: $0, deployment: deployment, seed: seed, faults: faults)
        }
        var elders = Elders()
        var worstGrowth = (bytes: 0, descriptors: 0)
        for life in 1...lifeCount {
            let process = try await deployment.served()
            do {
                try await elders.verify(deployment)
                players = try await verified(players, life: life)
                let fault = SoakFault.allCases[life % SoakFault.allCases.count]
                let logins = count("redeem", players)
                let growth = try await play(
                    &players,
                    process,
                    deployment,
                    faults,
                    fault,
                    isKilled: life.isMultiple(of: 2)
                )
                let allowed = growthMax + bytesPerLogin * (count("redeem", players) - logins)
                #expect(growth.bytes <= allowed, "life \(life), \(fault)")
                #expect(growth.descriptors <= descriptorGrowthMax, "life \(life), \(fault)")
                worstGrowth = (max(worstGrowth.bytes, growth.bytes), max(worstGrowth.descriptors, growth.descriptors))
            } catch {
                let outcome = await process.kill()
                throw Violation("\(error)\nthe server said:\n\(outcome.errors)")
            }
        }
        let process = try await deployment.served()
        try await elders.verify(deployment)
        #expect(await process.stop().status == 0)
        let counts = players.reduce(into: [String: Int]()) { $0.merge($1.counts, uniquingKeysWith: +) }
        for kind in ["redeem", "refresh", "verified lives"] {
            #expect(counts[kind, default: 0] > 0, "no \(kind) in the whole run")
        }
        print("soak: seed \(seed), \(lifeCount) lives of \(life):", counts.sorted { $0.key < $1.key })
        print("soak: most growth in a life: \(worstGrowth.bytes >> 10) KiB, \(worstGrowth.descriptors) descriptors")
    }

    private static func count(_ kind: String, _ players: [Player]) -> Int {
        players.reduce(0) { $0 + $1.counts[kind, default: 0] }
    }

    /// Lets the players play through a life with one fault, which ends orderly or by SIGKILL.
    private static func play(
        _ players: inout [Player],
        _ process: GatehouseProcess,
        _ deployment: StorageDeployment,
        _ faults: FaultWindow,
        _ fault: SoakFault,
        isKilled: Bool
    ) async throws -> Growth {
        try await withThrowingTaskGroup(of: Player.self) { group in
            for player in players {
                group.addTask {
                    var player = player
                    try await player.play()
                    return player
                }
            }
            async let growth = conduct(process, deployment, faults, fault, isKilled: isKilled)
            var played: [Player] = []
            for try await player in group { played.append(player) }
            players = played.sorted { $0.number < $1.number }
            return try await growth
        }
    }

    // The length of a life is the test's subject: nothing waits for it.
    private static func conduct(
        _ process: GatehouseProcess,
        _ deployment: StorageDeployment,
        _ faults: FaultWindow,
        _ fault: SoakFault,
        isKilled: Bool
    ) async throws -> Growth {
        try await Task.sleep(for: life * 0.3)
        let before = try ProcessFootprint(of: process.processID)
        faults.open()
        try fault.begin(process, deployment)
        try await Task.sleep(for: life * 0.2)
        try fault.end(process, deployment)
        // In a long life everything works again some time after the fault, and from then on nothing may fail.
        let recovery = min(life * 0.1, .seconds(5))
        try await Task.sleep(for: recovery)
        if minutes != nil { faults.close() }
        try await Task.sleep(for: life * 0.5 - recovery)
        let after = try ProcessFootprint(of: process.processID)
        // Answers of a server that drains its connections.
        faults.open()
        if isKilled {
            await process.kill()
        } else {
            let outcome = await process.stop()
            guard outcome.status == 0 else { throw Violation("the server ended with \(outcome.status)") }
        }
        faults.close()
        return Growth(before: before, after: after)
    }

    private static func verified(_ players: [Player], life: Int) async throws -> [Player] {
        try await withThrowingTaskGroup(of: Player.self) { group in
            for player in players {
                group.addTask {
                    var player = player
                    try await player.verify(life: life)
                    return player
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.number < $1.number }
        }
    }

    /// What the program gained in a life after it was warm.
    struct Growth {
        let bytes: Int
        let descriptors: Int

        init(before: ProcessFootprint, after: ProcessFootprint) {
            bytes = after.residentBytes - before.residentBytes
            descriptors = after.descriptorCount - before.descriptorCount
        }
    }
}
