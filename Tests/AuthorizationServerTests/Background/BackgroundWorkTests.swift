import Synchronization
import Testing

@testable import AuthorizationServer

@Suite("The owner of background work")
struct BackgroundWorkTests {
    /// A timer that the test moves.
    private final class Timer: Sendable {
        private let actions = Mutex<[(Duration, @Sendable () -> Void)]>([])

        func schedule(_ delay: Duration, _ action: @escaping @Sendable () -> Void) {
            actions.withLock { $0.append((delay, action)) }
        }

        var delays: [Duration] { actions.withLock { $0.map(\.0) } }

        func fire(_ index: Int) { actions.withLock { $0[index].1 }() }
    }

    @Test("work that finishes is waited for, work that may be cancelled is cancelled, and none is accepted after")
    func settles() async throws {
        let work = BackgroundWork()
        let (gate, opening) = AsyncStream<Never>.makeStream()
        let answer = try #require(
            work.start(.finishes) {
                for await _ in gate {}
                return Task.isCancelled
            }
        )
        let (endless, _) = AsyncStream<Never>.makeStream()
        let cancelled = try #require(
            work.start(.isCancelled) {
                for await _ in endless {}
                return Task.isCancelled
            }
        )
        #expect(work.count == 2)
        let timer = Timer()
        async let leftCount = work.settle(within: .seconds(30), schedule: timer.schedule)
        #expect(await cancelled.value)
        #expect(work.isClosed)
        #expect(work.start(.finishes) {} == nil)
        // Closing is the first step of settling; work that ended before the timers are set would need none.
        while timer.delays.count < 2 { await Task.yield() }
        opening.finish()
        #expect(await leftCount == 0)
        #expect(await !answer.value)
        #expect(work.count == 0)
        #expect(timer.delays == [.seconds(30), .seconds(31)])
        // The cancelled timers still fire later.
        timer.fire(0)
        timer.fire(1)
    }

    @Test("without work no timer is set")
    func idle() async {
        let work = BackgroundWork()
        let timer = Timer()
        #expect(await work.settle(within: .seconds(30), schedule: timer.schedule) == 0)
        #expect(timer.delays.isEmpty)
        await work.idle()
    }

    @Test("at the bound work is cancelled, and soon after given up")
    func bound() async throws {
        let work = BackgroundWork()
        let (endless, _) = AsyncStream<Never>.makeStream()
        let heedful = try #require(
            work.start(.finishes) {
                for await _ in endless {}
            }
        )
        let isOver = Atomic(false)
        let heedless = try #require(
            work.start(.finishes) {
                while !isOver.load(ordering: .relaxed) { await Task.yield() }
            }
        )
        let timer = Timer()
        async let leftCount = work.settle(within: .seconds(1), schedule: timer.schedule)
        while timer.delays.count < 2 { await Task.yield() }
        timer.fire(0)
        await heedful.value
        timer.fire(1)
        #expect(await leftCount == 1)
        isOver.store(true, ordering: .relaxed)
        await heedless.value
    }
}
