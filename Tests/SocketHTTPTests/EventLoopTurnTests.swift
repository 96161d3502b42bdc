import Glibc
import Synchronization
import Testing

@testable import SocketHTTP

@Suite("A turn of an event loop is bounded", .timeLimit(.minutes(10)))
struct EventLoopTurnTests {
    /// Counts the turns of a loop: a pipe with a byte that no one reads is reported in each.
    // SAFETY: touched on the loop's thread only, but for the results, which are read once it has reported them all.
    private final class Turns: EventSource, @unchecked Sendable {
        let loop: EventLoop
        private let expectedCount: Int
        private let finished: AsyncStream<Void>.Continuation
        private var token: UInt64?
        private var turn = 0
        private(set) var seen: [Int] = []

        init(_ loop: EventLoop, expectedCount: Int, finished: AsyncStream<Void>.Continuation) {
            self.loop = loop
            self.expectedCount = expectedCount
            self.finished = finished
        }

        func start(_ descriptor: CInt) {
            token = loop.register(self, descriptor: descriptor, events: .readable)
        }

        func handle(_ readiness: PollEvents) { turn += 1 }

        func deadlineReached(_ scheduled: UInt64) {}

        /// Notes the present turn; ends the count when all that was expected has happened.
        func note() {
            seen.append(turn)
            guard seen.count == expectedCount else { return }
            if let token { loop.unregister(token) }
            finished.finish()
        }

        /// The most notes of one turn.
        var countMax: Int { Dictionary(grouping: seen) { $0 }.values.map(\.count).max() ?? 0 }
    }

    private final class Order: Sendable {
        private let all = Mutex<[Int]>([])
        var numbers: [Int] { all.withLock { $0 } }
        func append(_ number: Int) { all.withLock { $0.append(number) } }
    }

    /// Runs a body on a loop's thread, and returns the turns that it noted.
    private static func turns(
        of count: Int,
        _ body: @escaping @Sendable (Turns) -> Void
    ) async throws -> (seen: [Int], countMax: Int) {
        let loop = try EventLoop()
        let (stream, finished) = AsyncStream<Void>.makeStream()
        let turns = Turns(loop, expectedCount: count, finished: finished)
        var ends: [CInt] = [0, 0]
        try #require(unsafe pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        try #require(unsafe write(writer, [1], 1) == 1)
        loop.submit {
            turns.start(reader)
            body(turns)
        }
        try loop.start()
        for await _ in stream {}
        loop.stop()
        close(reader)
        close(writer)
        return (turns.seen, turns.countMax)
    }

    @Test("slow work is done in the order of its requests, a bounded part in each turn", arguments: [false, true])
    func slowWork(isLoopKnown: Bool) async throws {
        let order = Order()
        let (seen, countMax) = try await Self.turns(of: 40) { turns in
            for number in 0..<40 {
                Task(executorPreference: turns.loop) {
                    if isLoopKnown { await turns.loop.roomForSlowWork() } else { await EventLoop.roomForSlowWork() }
                    order.append(number)
                    turns.note()
                }
            }
        }
        #expect(seen.count == 40 && countMax == SlowWork.countPerTurn)
        #expect(order.numbers == Array(0..<40))
    }

    @Test("slow work of a task that has no loop waits for nothing")
    func slowWorkElsewhere() async {
        for _ in 0..<10 * SlowWork.countPerTurn { await EventLoop.roomForSlowWork() }
    }

    @Test("deadlines that pass together are handled over several turns, and none is lost")
    func deadlines() async throws {
        let (seen, countMax) = try await Self.turns(of: 100) { turns in
            for _ in 0..<100 { turns.loop.schedule(after: .zero) { turns.note() } }
        }
        #expect(seen.count == 100 && countMax == EventLoop.deadlinesPerTurn)
    }

    @Test("tasks that wait for room are kept in order although the queue never becomes empty")
    func longQueue() async throws {
        let order = Order()
        let (seen, countMax) = try await Self.turns(of: 4000) { turns in
            for number in 0..<4000 {
                Task(executorPreference: turns.loop) {
                    await turns.loop.roomForSlowWork()
                    order.append(number)
                    turns.note()
                }
            }
        }
        #expect(seen.count == 4000 && countMax == SlowWork.countPerTurn)
        #expect(order.numbers == Array(0..<4000))
    }
}
