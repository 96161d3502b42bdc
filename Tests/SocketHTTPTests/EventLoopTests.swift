import SocketHTTP
import Synchronization
import Testing

@Suite("Event loops", .timeLimit(.minutes(10)))
struct EventLoopTests {
    private actor Counter {
        private(set) var value = 0
        func add() { value += 1 }
    }

    private func withLoops(_ count: Int, _ body: ([EventLoop]) async throws -> Void) async throws {
        let loops = try (0..<count).map { try EventLoop(name: "test-\($0)") }
        for loop in loops { try loop.start() }
        defer { for loop in loops { loop.stop() } }
        try await body(loops)
    }

    @Test("a task that prefers a loop stays on its thread, across a default actor too")
    func preference() async throws {
        try await withLoops(1) { loops in
            let loop = loops[0]
            let counter = Counter()
            let onLoop = await Task(executorPreference: loop) {
                var seen = [loop.isCurrent]
                await Task.yield()
                seen.append(loop.isCurrent)
                await counter.add()
                seen.append(loop.isCurrent)
                return seen
            }.value
            #expect(onLoop == [true, true, true])
            #expect(!loop.isCurrent)
            #expect(await counter.value == 1)
        }
    }

    @Test("many tasks on two loops share an actor; no job is lost")
    func contention() async throws {
        try await withLoops(2) { loops in
            let counter = Counter()
            await withTaskGroup { group in
                for index in 0..<64 {
                    group.addTask(executorPreference: loops[index % 2]) {
                        for _ in 0..<200 { await counter.add() }
                    }
                }
            }
            #expect(await counter.value == 12_800)
        }
    }

    @Test("work given before the start runs after it")
    func beforeStart() async throws {
        let loop = try EventLoop()
        async let value = Task(executorPreference: loop) { loop.isCurrent }.value
        try loop.start()
        #expect(await value)
        loop.stop()
    }

    @Test("a task that outlives its loop still ends")
    func afterStop() async throws {
        let loop = try EventLoop()
        try loop.start()
        let gate = AsyncStream<Void>.makeStream()
        let task = Task(executorPreference: loop) {
            for await _ in gate.stream {}
            return true
        }
        loop.stop()
        gate.continuation.finish()
        #expect(await task.value)
        #expect(await Task(executorPreference: loop) { true }.value)
    }

    @Test("scheduled actions run in the order of their times, on the thread")
    func timers() async throws {
        try await withLoops(1) { loops in
            let loop = loops[0]
            let (stream, continuation) = AsyncStream<Int>.makeStream()
            loop.schedule(after: .milliseconds(120)) {
                continuation.yield(loop.isCurrent ? 2 : -2)
                continuation.finish()
            }
            loop.schedule(after: .milliseconds(1)) { continuation.yield(loop.isCurrent ? 1 : -1) }
            var seen: [Int] = []
            for await value in stream { seen.append(value) }
            #expect(seen == [1, 2])
        }
    }
}
