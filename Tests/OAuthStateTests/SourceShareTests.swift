import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OpenSSLCrypto
import Testing

@testable import OAuthState

@Suite("S-25, S-03: shares of networks in bounded tables")
struct SourceShareTests {
    private func source(_ number: Int) -> SourceNetwork { SourceNetwork(number: UInt64(number)) }

    @Test("S-25: however many networks flood a table, room is left for others", arguments: [1, 8, 100, 1000])
    func manyNetworks(count: Int) {
        let countMax = 64_000
        var shares = SourceShares()
        var total = 0
        for _ in 0..<countMax / count + 1 {
            for number in 1...count where shares.admits(source(number), count: total, countMax: countMax) {
                shares.add(source(number))
                total += 1
            }
        }
        #expect(total < countMax)
        #expect(shares.admits(source(count + 1), count: total, countMax: countMax))
        #expect(!shares.admits(source(1), count: total, countMax: countMax))
        for _ in 0..<countMax { shares.remove(source(1)) }
        #expect(shares.admits(source(1), count: total, countMax: countMax))
    }

    @Test(
        "S-25: a hundred thousand used tickets are known again, none is known too soon, and all leave with their minute"
    )
    func tickets() {
        var tickets = ConsumedTickets()
        let now = StoreSample.now
        let count = 100_000
        func consume(_ number: Int, _ expiry: Timestamp) -> TicketConsumption {
            var bytes = [UInt8](repeating: 0, count: 32)
            let mixed = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
            for place in 0..<8 { bytes[place] = UInt8(truncatingIfNeeded: mixed >> UInt64(8 * place)) }
            guard let digest = SHA256Digest(bytes: bytes[...]) else { return .full }
            return tickets.consume(digest, expiry: expiry, source: source(number % 10), countMax: 10 * count)
        }
        for number in 0..<count {
            #expect(consume(number, now + .seconds(600 + number % 600)) == .consumed)
        }
        for number in 0..<count {
            #expect(consume(number, now + .seconds(600 + number % 600)) == .alreadyUsed)
        }
        #expect(tickets.count == count)
        tickets.expire(now: now + .seconds(899))
        #expect(tickets.count > 0 && tickets.count < count)
        // Those that have not expired are still known.
        #expect(consume(599, now + .seconds(1199)) == .alreadyUsed)
        tickets.expire(now: now + .seconds(1260))
        #expect(tickets.count == 0)
    }

    @Test("S-03: the heaviest network is found after any change")
    func weights() {
        var weights = NetworkWeights()
        var model: [Int: Int] = [:]
        var random = SeededRandom(seed: 7)
        for _ in 0..<5000 {
            let number = random.below(20) + 1
            let bytes =
                model[number, default: 0] > 0 && random.below(2) == 0
                ? -random.below(model[number, default: 0] + 1) : random.below(9000)
            weights.add(bytes, to: source(number))
            model[number, default: 0] += bytes
            let most = model.values.max() ?? 0
            guard let heaviest = weights.heaviest else {
                #expect(most == 0)
                continue
            }
            #expect(model[Int(heaviest.number), default: 0] > most - 1024)
            #expect(weights[heaviest] == model[Int(heaviest.number)])
        }
    }

    @Test("S-03: a client that was never used leaves after a day, a used one stays, and so it is after recovery")
    func expiry() async throws {
        let journal = RecordingJournal()
        let store = ClientRegistry(preRegistered: [], journal: journal)
        for number in 0..<10 {
            let issuedAt = StoreSample.now + .seconds(number)
            _ = try await store.register(StoreSample.client("dcr_\(number)", issuedAt: issuedAt), from: source(1))
                .outcome
        }
        await store.touch("dcr_3", now: StoreSample.now + .seconds(20))
        let restored = ClientRegistry(preRegistered: [], journal: VolatileJournal())
        try await restored.restore(journal.records)
        for registry in [store, restored] {
            let day = StoreSample.now + .seconds(86_400)
            await registry.sweep(now: day, limit: 100)
            #expect(await registry.count == 10)
            await registry.sweep(now: day + .seconds(5), limit: 2)
            #expect(await registry.count == 8)
            await registry.sweep(now: day + .seconds(5), limit: 100)
            #expect(await registry.count == 6)
            await registry.sweep(now: day + .seconds(86_400), limit: 100)
            #expect(await registry.client("dcr_3") != nil)
            #expect(await registry.count == 1)
        }
    }

    @Test("S-03: a client's record of before networks were kept is read, and a new one keeps its network")
    func record() async throws {
        let journal = RecordingJournal()
        let store = ClientRegistry(preRegistered: [], journal: journal)
        _ = try await store.register(StoreSample.client("dcr_a")).outcome
        _ = try await store.register(StoreSample.client("dcr_a"), from: source(0x0102)).outcome
        _ = try await store.register(StoreSample.client("dcr_b"), from: source(0x0102)).outcome
        let (old, new) = (try #require(journal.records.first), try #require(journal.records.last))
        #expect(new.suffix(8) == [0, 0, 0, 0, 0, 0, 1, 2])
        #expect(new.count == old.count + 8)
        var reader = BinaryReader(Array(old.dropFirst()))
        #expect(try ClientRecord(from: &reader).source == .unknown)
        reader = BinaryReader(Array(new.dropFirst()))
        #expect(try ClientRecord(from: &reader).source == source(0x0102))
    }

    @Test("S-03: the only client of a network can still be evicted after an update")
    func update() {
        var clients = NeverUsedClients()
        for byteCount in [100, 3000, 100, 0] {
            clients.put("dcr_a", from: source(1), byteCount: byteCount, at: StoreSample.now)
            let victim = clients.nextVictim()
            #expect(victim == "dcr_a")
            #expect(clients.byteCount == byteCount + 1024)
        }
        clients.put("dcr_b", from: source(1), byteCount: 100, at: StoreSample.now)
        for id in ["dcr_a", "dcr_b"] {
            let victim = clients.nextVictim()
            #expect(victim == id)
            clients.remove(id)
        }
        #expect(clients.count == 0 && clients.byteCount == 0)
    }

    @Test("S-03: outdated places in the queues do not pile up")
    func churn() async throws {
        var clients = NeverUsedClients()
        for number in 0..<50_000 {
            clients.put("dcr_\(number)", from: source(number % 7), byteCount: 100, at: StoreSample.now)
            if number >= 10 { clients.remove("dcr_\(number - 10)") }
        }
        #expect(clients.count == 10)
        #expect(clients.byteCount == 10 * 1124)
        #expect(clients.placeCount < 10_000)
        var victims = 0
        while let victim = clients.nextVictim() {
            clients.remove(victim)
            victims += 1
        }
        #expect(victims == 10 && clients.byteCount == 0)
    }
}
