import Testing

@testable import OutboundHTTP

/// Which look-ups run, which wait, and which are not begun.
struct LookupQueueTests {
    private func caller(_ identifier: UInt64, _ source: String? = nil) -> LookupQueue.Caller {
        LookupQueue.Caller(identifier: identifier, source: source) { _ in }
    }

    @Test("S-01: one look-up serves all who ask for a name, whether it waits or runs")
    func singleFlight() {
        var queue = LookupQueue(LookupRules(runningMax: 1))
        #expect(queue.add(caller(1), name: "a.test").isEmpty)
        #expect(queue.add(caller(2), name: "a.test").isEmpty)
        #expect(queue.waitingCount == 1)
        #expect(queue.next() == "a.test")
        #expect(queue.add(caller(3), name: "a.test").isEmpty)
        #expect((queue.waitingCount, queue.runningCount) == (0, 1))
        #expect(queue.next() == nil)
        #expect(queue.finish("a.test").map(\.identifier) == [1, 2, 3])
        #expect(queue.finish("a.test").isEmpty)
    }

    @Test("S-01: a source has two look-ups at a time, and others overtake those of its that wait")
    func shares() {
        var queue = LookupQueue(LookupRules(runningMax: 16, runningPerSourceMax: 2))
        for number in 0..<8 { _ = queue.add(caller(UInt64(number), "one"), name: "\(number).test") }
        _ = queue.add(caller(100, "two"), name: "other.test")
        #expect([queue.next(), queue.next(), queue.next()] == ["0.test", "1.test", "other.test"])
        #expect(!queue.hasWork)
        #expect(queue.next() == nil)
        _ = queue.finish("0.test")
        #expect(queue.hasWork)
        #expect(queue.next() == "2.test")
        // The server's own look-ups have no such share.
        for number in 0..<4 { _ = queue.add(caller(UInt64(200 + number)), name: "own\(number).test") }
        #expect((0..<4).map { _ in queue.next() } == ["own0.test", "own1.test", "own2.test", "own3.test"])
    }

    @Test("S-01: asking for a name first does not hold up others who need it")
    func sharedName() {
        var queue = LookupQueue(LookupRules(runningMax: 16, runningPerSourceMax: 1))
        _ = queue.add(caller(1, "flood"), name: "slow.test")
        #expect(queue.next() == "slow.test")
        _ = queue.add(caller(2, "flood"), name: "popular.test")
        #expect(queue.next() == nil)
        _ = queue.add(caller(3, "honest"), name: "popular.test")
        #expect(queue.next() == "popular.test")
        #expect(queue.finish("popular.test").map(\.identifier) == [2, 3])
    }

    @Test("S-01: a look-up whose requests have all ended is not begun")
    func deadWork() {
        var queue = LookupQueue(LookupRules(runningMax: 1))
        for (identifier, name) in [(1, "running.test"), (2, "dead.test"), (3, "dead.test"), (4, "alive.test")] {
            _ = queue.add(caller(UInt64(identifier)), name: name)
        }
        #expect(queue.next() == "running.test")
        queue.abandon(2, name: "dead.test")
        #expect(queue.waitingCount == 2)
        queue.abandon(3, name: "dead.test")
        queue.abandon(1, name: "running.test")
        queue.abandon(9, name: "unknown.test")
        #expect(queue.finish("running.test").isEmpty)
        #expect(queue.next() == "alive.test")
        #expect((queue.waitingCount, queue.runningCount) == (0, 1))
    }

    @Test("S-01: at its bound the queue evicts the newest look-up of the source that has most waiting")
    func bound() {
        var queue = LookupQueue(LookupRules(runningMax: 1, waitingMax: 4))
        _ = queue.add(caller(0, "honest"), name: "honest.test")
        for number in 1...3 { #expect(queue.add(caller(UInt64(number), "flood"), name: "\(number).test").isEmpty) }
        #expect(queue.add(caller(4, "flood"), name: "4.test").map(\.identifier) == [4])
        #expect(queue.add(caller(5, "third"), name: "5.test").map(\.identifier) == [3])
        #expect(queue.waitingCount == 4)
        #expect(queue.next() == "honest.test")
    }
}

/// What is remembered of look-ups, and for how long.
struct LookupMemoryTests {
    private let start = ContinuousClock.now
    private let address = RemoteAddress.v4(0x0808_0808)
    private let failure = OutboundError(.resolveFailed, "no address")

    @Test("S-01: addresses are used for a minute without a look-up, failures for a moment")
    func freshness() {
        var memory = LookupMemory(LookupRules())
        #expect(memory.fresh("idp.test", start) == nil)
        _ = memory.keep(.success([address]), of: "idp.test", start)
        _ = memory.keep(.failure(failure), of: "none.test", start)
        #expect(memory.fresh("idp.test", start + .seconds(59)) == .success([address]))
        #expect(memory.fresh("idp.test", start + .seconds(60)) == nil)
        #expect(memory.fresh("none.test", start + .seconds(1)) == .failure(failure))
        #expect(memory.fresh("none.test", start + .seconds(2)) == nil)
    }

    @Test("RFC 8767: while the name servers fail, a provider's last addresses serve for an hour, and no longer")
    func staleness() {
        var memory = LookupMemory(LookupRules())
        _ = memory.keep(.success([address]), of: "idp.test", start)
        let later = start + .seconds(600)
        #expect(memory.keep(.failure(failure), of: "idp.test", later) == .success([address]))
        // For a moment no request waits for the name servers again.
        #expect(memory.fresh("idp.test", later + .seconds(1)) == .success([address]))
        #expect(memory.fresh("idp.test", later + .seconds(2)) == nil)
        #expect(memory.stale("idp.test", start + .seconds(3599)) == [address])
        #expect(memory.stale("idp.test", start + .seconds(3600)) == nil)
        #expect(memory.keep(.failure(failure), of: "idp.test", start + .seconds(3600)) == .failure(failure))
    }

    @Test("Nothing outdated is used on behalf of strangers")
    func strangers() {
        var memory = LookupMemory(.strangers)
        _ = memory.keep(.success([address]), of: "a.test", start)
        #expect(memory.fresh("a.test", start + .seconds(29)) == .success([address]))
        #expect(memory.stale("a.test", start + .seconds(30)) == nil)
        #expect(memory.keep(.failure(failure), of: "a.test", start + .seconds(30)) == .failure(failure))
    }

    @Test("The memory is bounded; what is soonest outdated leaves first")
    func bound() {
        var memory = LookupMemory(LookupRules(rememberedMax: 2))
        _ = memory.keep(.success([address]), of: "old.test", start)
        _ = memory.keep(.success([address]), of: "new.test", start + .seconds(1))
        _ = memory.keep(.success([address]), of: "newest.test", start + .seconds(2))
        #expect(memory.count == 2)
        #expect(memory.fresh("old.test", start + .seconds(2)) == nil)
        #expect(memory.fresh("new.test", start + .seconds(2)) != nil)
        for number in 0..<100 { _ = memory.keep(.failure(failure), of: "\(number).test", start + .seconds(3)) }
        #expect(memory.count == 2)
    }
}
