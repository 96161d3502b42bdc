import PostgreSQLTesting
import Synchronization

/// Players at two nodes of which, and of whose database, something is killed again and again.
struct Storm {
    /// What is killed.
    enum Strike: CaseIterable {
        case firstNode
        case secondNode
        /// `pg_ctl stop -m immediate`.
        case database
        /// SIGKILL for all processes of the database's server.
        case databaseProcesses
    }

    private let nodes: TwoNodeDeployment
    private let seed: UInt64
    private var random: SeededGenerator
    private(set) var players: [Player]
    private var life = 0
    private static let playerCount = 4

    init(_ nodes: TwoNodeDeployment, seed: UInt64) {
        self.nodes = nodes
        self.seed = seed
        random = SeededGenerator(seed: seed)
        // Something fails all the time: an answer may always say so.
        let faults = FaultWindow()
        faults.open()
        players = (0..<Self.playerCount).map {
            Player(number: $0, deployment: nodes.deployment, seed: seed, faults: faults, hasNodes: true)
        }
    }

    /// Answers so far, by kind.
    var counts: [String: Int] {
        players.reduce(into: [:]) { $0.merge($1.counts, uniquingKeysWith: +) }
    }

    /// One kill under load, and then a check of everything that was ever answered.
    mutating func strike() async throws {
        let strike = Strike.allCases.randomElement(using: &random) ?? .database
        let spans = (0..<3).map { _ in Duration.milliseconds(Int.random(in: 20...400, using: &random)) }
        let nodes = nodes
        try await play {
            // The moments are the test's subject: nothing waits for them.
            try await Task.sleep(for: spans[0])
            try await Self.begin(strike, nodes)
            try await Task.sleep(for: spans[1])
            try await Self.end(strike, nodes)
            try await Task.sleep(for: spans[2])
        }
        try await verify()
    }

    private static func begin(_ strike: Strike, _ nodes: TwoNodeDeployment) async throws {
        switch strike {
        case .firstNode: await nodes.kill(0)
        case .secondNode: await nodes.kill(1)
        case .database: try await nodes.cluster.order("stop immediate")
        case .databaseProcesses: try await nodes.cluster.order("kill")
        }
    }

    private static func end(_ strike: Strike, _ nodes: TwoNodeDeployment) async throws {
        switch strike {
        case .firstNode: try await nodes.start(0)
        case .secondNode: try await nodes.start(1)
        case .database, .databaseProcesses: try await nodes.cluster.order("start")
        }
    }

    /// Lets the players play until the body has ended.
    mutating func play(during body: @escaping @Sendable () async throws -> Void) async throws {
        let isOver = Flag()
        players = try await withThrowingTaskGroup(of: Player?.self) { group in
            for player in players {
                group.addTask {
                    var player = player
                    while !isOver.isSet { try await player.play(while: { !isOver.isSet }) }
                    return player
                }
            }
            group.addTask {
                defer { isOver.set() }
                try await body()
                return nil
            }
            var played: [Player] = []
            for try await player in group {
                if let player { played.append(player) }
            }
            return played.sorted { $0.number < $1.number }
        }
    }

    /// Lets the players play until each kind was answered more often than before, however slow the machine is.
    ///
    /// - Throws: ``Violation`` when a kind is not answered in a hundred rounds.
    mutating func play(until kinds: [String], exceed before: [String: Int]) async throws {
        for _ in 0..<100 {
            let counts = counts
            if kinds.allSatisfy({ counts[$0, default: 0] > before[$0, default: 0] }) { return }
            try await play { try await Task.sleep(for: .milliseconds(200)) }
        }
        throw Violation("not all of \(kinds) were answered: \(counts)")
    }

    /// Checks that every answer so far holds.
    mutating func verify() async throws {
        life += 1
        players = try await withThrowingTaskGroup(of: Player.self) { [life] group in
            for player in players {
                group.addTask { try await Self.verified(player, life: life) }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.number < $1.number }
        }
    }

    // The nodes may still be on their way back to the database: an answer that says so is no answer yet.
    private static func verified(_ player: Player, life: Int) async throws -> Player {
        var player = player
        let end = ContinuousClock.now + .seconds(60)
        while true {
            do {
                try await player.verify(life: life)
                return player
            } catch let violation as Violation where FaultWindow.saysSo(violation) && ContinuousClock.now < end {}
        }
    }
}

/// Something that has happened or has not.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}
