import Foundations
import Synchronization
import Testing

@Suite("The mailbox of a thread")
struct ThreadMailboxTests {
    /// A thread that sleeps on a signal and records what it reads, refuses and frees.
    private final class Loop: Sendable {
        enum Event: Equatable {
            case read(Int)
            case refused(Int)
            case freed
        }

        let mailbox = ThreadMailbox<Int>()
        let signal = WakeSignal()
        let events = Mutex<[Event]>([])

        func start() -> Bool {
            mailbox.start(name: "mailbox") { [self] in
                while let messages = mailbox.takeMessages() {
                    events.withLock { $0 += messages.map { .read($0) } }
                    signal.wait()
                }
                mailbox.close { leftover in
                    events.withLock { $0 += leftover.map { .refused($0) } + [.freed] }
                }
            }
        }

        func post(_ message: Int) -> Bool { mailbox.post(message, wakeUp: signal.post) }

        var seen: [Event] { events.withLock { $0 } }
    }

    @Test("each message is read once, in order, or refused when the thread ends")
    func order() async {
        let loop = Loop()
        #expect(loop.start())
        for message in 0..<100 { #expect(loop.post(message)) }
        await loop.mailbox.shutdown(wakeUp: loop.signal.post)
        let messages = loop.seen.compactMap { event -> Int? in
            switch event {
            case .read(let message), .refused(let message): message
            case .freed: nil
            }
        }
        #expect(messages == Array(0..<100))
        #expect(loop.seen.last == .freed)
    }

    @Test("a shutdown returns after the thread has freed what it sleeps in, however often it is asked for")
    func shutdown() async {
        let loop = Loop()
        #expect(loop.start())
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    await loop.mailbox.shutdown(wakeUp: loop.signal.post)
                    return loop.seen == [.freed]
                }
            }
            for await hasFreed in group { #expect(hasFreed) }
        }
    }

    @Test("what comes too late is refused, and wakes nothing that was freed")
    func late() async {
        let loop = Loop()
        #expect(loop.start())
        await loop.mailbox.shutdown(wakeUp: loop.signal.post)
        var wakes = 0
        #expect(!loop.mailbox.post(1) { wakes += 1 })
        loop.mailbox.abandon { wakes += 1 }
        await loop.mailbox.shutdown { wakes += 1 }
        #expect(wakes == 0)
        #expect(loop.seen == [.freed])
    }
}
