import Foundation
import Foundations
import Glibc
import Synchronization
import Testing

@Suite("Threads of our own")
struct OwnThreadTests {
    private struct Observation: Sendable {
        let name: String
        let niceness: Int32
        let blocked: Set<Int32>
        let thread: UInt

        /// What the calling thread is like.
        static var here: Observation {
            // Without the file the name is empty, which no thread of these tests has.
            let name = (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
            var signals = sigset_t()
            unsafe pthread_sigmask(SIG_BLOCK, nil, &signals)
            return Observation(
                name: name.trimmingCharacters(in: .newlines),
                niceness: getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0),
                blocked: Set((1...31).filter { unsafe sigismember(&signals, $0) == 1 }),
                thread: pthread_self()
            )
        }
    }

    @Test("a thread has its name, its urgency and no signals but those of its own faults")
    func properties() async throws {
        let own = Observation.here.niceness
        let ordinary = try await OwnThread.run(name: "fifteen-letters-and-more") { Observation.here }
        #expect(ordinary.name == "fifteen-letters")
        #expect(ordinary.niceness == own)
        #expect(ordinary.blocked.isSuperset(of: [SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1]))
        #expect(ordinary.blocked.isDisjoint(with: [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT]))
        let background = try await OwnThread.run(name: "background", urgency: .background) { Observation.here }
        #expect(background.niceness == 15)
        #expect(Observation.here.niceness == own)
    }

    @Test("join returns after the work, which ran on another thread")
    func joins() throws {
        let seen = Mutex<Observation?>(nil)
        let wake = WakeSignal()
        let thread = try OwnThread(name: "joined") {
            wake.wait()
            seen.withLock { $0 = Observation.here }
        }
        wake.post()
        thread.join()
        let observation = try #require(seen.withLock { $0 })
        #expect(observation.name == "joined")
        #expect(observation.thread != UInt(pthread_self()))
    }

    @Test("a hundred threads at once return what each was asked for")
    func many() async throws {
        let results = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<100 {
                group.addTask { try await OwnThread.run(name: "many") { number } }
            }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(results == Set(0..<100))
    }
}

@Suite("How one thread wakes another")
struct WakeSignalTests {
    @Test("a post before the wait is not lost, and serves one wait")
    func keptPost() {
        let signal = WakeSignal()
        signal.post()
        signal.post()
        #expect(signal.wait(for: .seconds(60)))
        #expect(!signal.wait(for: .zero))
    }

    @Test("a wait without a post ends when its time is over")
    func timeout() {
        let signal = WakeSignal()
        #expect(!signal.wait(for: .milliseconds(1)))
        #expect(!signal.wait(for: .seconds(-1)))
        #expect(!signal.wait(for: .nanoseconds(999_999_999) - .milliseconds(999)))
    }

    @Test("a thread that waits sees what was written before the post")
    func handover() throws {
        let (given, taken) = (WakeSignal(), WakeSignal())
        let slot = Mutex<Int?>(nil)
        let sum = Mutex(0)
        let thread = try OwnThread(name: "taker") {
            while true {
                given.wait()
                let number = slot.withLock { $0 }
                guard let number else { return }
                sum.withLock { $0 += number }
                taken.post()
            }
        }
        for number in 1...1000 {
            slot.withLock { $0 = number }
            given.post()
            taken.wait()
        }
        slot.withLock { $0 = nil }
        given.post()
        thread.join()
        #expect(sum.withLock { $0 } == 500_500)
    }
}
