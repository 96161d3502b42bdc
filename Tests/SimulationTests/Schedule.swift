import AuthorizationServer
import AuthorizationServerTesting
import DurableLog
import OAuthClientKit
import OAuthProtocol
import OAuthState
import OutboundHTTP

/// One seeded history of a server: what clients, users, the operator, the disk, the provider and time do, and what must
/// hold after each step.
///
/// The facts are what clients know from answers; an answer that did not come makes a fact doubtful until another answer
/// settles it.
struct Schedule {
    let seed: UInt64
    let site: SimulatedSite
    var random: SeededRandom
    var clients: [KnownClient] = []
    var users: [String: KnownUser] = ["ada": KnownUser(), "grace": KnownUser(), "linus": KnownUser()]
    var sessions: [KnownSession] = []
    /// Codes that were redeemed, with their clients: none of them ever counts again.
    var usedCodes: [(code: String, client: Int)] = []
    /// Sessions of a user and a client that may exist although no answer named them.
    var unknownSessionCount = 0
    /// Whether the disk fails or stops during this step, so that any answer may be missing.
    var isDiskFailing = false
    /// Until when the server may hold requests to the provider back.
    var providerIsShakyUntil: Timestamp
    /// What happened, which the message of a failure lists.
    var trace: [String] = []

    init(seed: UInt64, spoil: @escaping SimulatedSite.Spoil = { $0 }) {
        self.seed = seed
        random = SeededRandom(seed: seed)
        site = SimulatedSite(seed: seed, spoil: spoil)
        providerIsShakyUntil = site.clock.now()
    }

    var now: Timestamp { site.clock.now() }
    var network: SimulatedNetwork { SimulatedNetwork(site: site) }

    /// Plays a number of steps that the seed determines.
    ///
    /// - Throws: ``RuleBroken`` with the steps up to the one that broke the rule.
    mutating func play() async throws {
        do {
            try await site.start()
            try await register()
            for number in 0..<(6 + random.below(14)) {
                // Threads race within a step, so the number of choices in it may vary: each step has its own.
                random = SeededRandom(seed: seed &* 0x9E37_79B9 &+ UInt64(number))
                try await step()
                try await verify()
            }
            await site.crash(.killed)
        } catch {
            if site.server != nil { await site.crash(.killed) }
            let steps = trace.enumerated().map { "  \($0 + 1). \($1)" }.joined(separator: "\n")
            throw RuleBroken("\(error)\nafter these steps of seed \(seed):\n\(steps)")
        }
    }

    mutating func note(_ what: String) { trace.append(what) }

    // MARK: - Steps

    private mutating func step() async throws {
        switch random.below(100) {
        case 0..<6: try await crash()
        case 6..<11: try await act(stoppingDisk: true)
        case 11..<16: try await act(stoppingDisk: false)
        case 16..<18: try await restart()
        case 18..<24: failProvider()
        case 24..<37: try await advance()
        default: try await act()
        }
    }

    /// One thing that somebody asks of the server.
    mutating func act() async throws {
        guard let index = sessions.indices.randomElement(using: &random) else { return try await logIn() }
        switch random.below(100) {
        case 0..<3: try await register()
        case 3..<20: try await logIn()
        case 20..<38: try await refresh(index)
        case 38..<44: try await refreshInParallel(index)
        case 44..<51: try await repeatRefresh(index)
        case 51..<54: try await reuse(index)
        case 54..<58: try await replayCode()
        case 58..<70: try await exchange(index)
        case 70..<76: try await introspect(index)
        case 76..<81: try await revoke(index)
        case 81..<86: try await revokeAccessToken(index)
        case 86..<89: try await endSession(index)
        case 89..<92: try await disconnect(index)
        case 92..<95: try await block(index)
        case 95..<97: try await unblock()
        default: try await maintain()
        }
    }

    // MARK: - The disk and the process

    private mutating func crash() async throws {
        let kind = crashKind()
        note("the process ends: \(kind)")
        await site.crash(kind)
        try await begin()
    }

    private mutating func crashKind() -> ScriptedFileSystem.Crash {
        random.chance(40) ? .killed : .powerLost(seed: random.next())
    }

    /// Starts again on what the disk has.
    private mutating func begin() async throws {
        isDiskFailing = false
        do { try await site.start() } catch { throw RuleBroken("the server does not start again: \(error)") }
    }

    private mutating func restart() async throws {
        note("an orderly restart")
        try await site.stop()
        try await begin()
    }

    /// Something is asked while the disk stops at one of its operations, or fails a few.
    private mutating func act(stoppingDisk: Bool) async throws {
        let disk = site.disk
        let offset = 1 + random.below(6)
        let first = disk.operations.count + offset
        isDiskFailing = true
        if stoppingDisk {
            let (byteCount, kind) = (random.below(200), crashKind())
            note("the disk stops at its next operation but \(offset - 1), after \(byteCount) bytes")
            disk.setScript(ScriptedFileSystem.stop(at: first, afterBytes: byteCount))
            try await act()
            excuseEverybody()
            note("the process ends: \(kind)")
            await site.crash(kind)
            return try await begin()
        }
        let last = first + random.below(4)
        let fault: ScriptedFileSystem.Fault = random.chance(50) ? .error(5) : .short(random.below(40))
        note("the disk fails \(last - first + 1) operations, after \(offset - 1): \(fault)")
        disk.setScript { (first...last).contains($0.number) ? fault : nil }
        try await act()
        excuseEverybody()
        disk.setScript { _ in nil }
        try await recover()
        isDiskFailing = false
    }

    /// A provider's answer may be lost with the process, or could not be stored.
    private mutating func excuseEverybody() {
        for name in users.keys.sorted() { doubtConnection(of: name) }
    }

    /// Waits until the journal takes changes again, which it tries by itself.
    private mutating func recover() async throws {
        guard let server = site.server else { return }
        for _ in 0..<200_000 {
            if server.storage.stores.upkeep.isAvailable, let journal = site.journal {
                // What was written without a request that waits for it may fail a moment later.
                do throws(JournalError) {
                    try await journal.waitUntilDurable(journal.lastPosition)
                    return
                } catch { continue }
            }
            if server.storage.awaitsSnapshot { await server.performMaintenance() }
            await Task.yield()
        }
        throw RuleBroken("the journal does not recover although the disk works again")
    }

    // MARK: - Time and the provider

    private mutating func advance() async throws {
        let seconds: Int
        switch random.below(20) {
        case 0: seconds = 8 * 86_400
        case 1: seconds = 86_400 + random.below(3600)
        case 2...5: seconds = 1000 + random.below(7200)
        default: seconds = 1 + random.below(150)
        }
        note("\(seconds) s pass")
        site.clock.advance(by: .seconds(seconds))
        for index in sessions.indices where sessions[index].lastUse + .seconds(7 * 86_400) <= now {
            sessions[index].end()
        }
        if random.chance(60) { try await maintain() }
    }

    mutating func maintain() async throws {
        note("maintenance")
        if site.provider.awaitsFault { excuseEverybody() }
        await site.server?.performMaintenance()
        if random.chance(30), let server = site.server {
            note("a snapshot")
            do { try await server.storage.writeSnapshot(now: now) } catch {
                guard isDiskFailing else { throw RuleBroken("a snapshot was not written: \(error)") }
            }
        }
    }

    private mutating func failProvider() {
        let fault = SimulatedProvider.Fault.allCases[random.below(SimulatedProvider.Fault.allCases.count)]
        note("the provider's next token answer: \(fault)")
        site.provider.failNext(fault)
        providerIsShakyUntil = now + .seconds(3600)
    }

    /// Whatever comes of the next request to the provider concerns this user.
    mutating func noteProviderFault(for user: String) {
        guard site.provider.awaitsFault else { return }
        providerIsShakyUntil = now + .seconds(3600)
        doubtConnection(of: user)
    }

    private mutating func doubtConnection(of name: String) {
        users[name]?.isExcused = true
        if users[name]?.connection == .live { users[name]?.connection = .doubtful }
        // What came of a login ends when the provider ends that login.
        for index in sessions.indices where sessions[index].user == name { sessions[index].doubt() }
    }
}
