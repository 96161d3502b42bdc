internal import CLinux
import Foundations
import Glibc
import Logging
import Synchronization

/// A thread that waits for the sockets of its connections, and the way to talk to it.
///
/// Everything that libpq touches belongs to the thread (`LinkTable`); other threads post messages.
final class DatabaseLoop: Sendable {
    enum Message: Sendable {
        case run(Submission)
        case dialed(Result<DialedConnection, DialFailure>)
    }

    private struct Inbox {
        var messages: [Message] = []
        /// While true, the descriptor exists and messages are read.
        var isOpen = true
        var isStopping = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let wakeDescriptor: Int32
    private let inbox = Mutex(Inbox())
    private let thread = Mutex<OwnThread?>(nil)
    private let hasConnection = Atomic<Bool>(false)

    private init(wakeDescriptor: Int32) {
        self.wakeDescriptor = wakeDescriptor
    }

    /// Starts a loop, or returns nil when the system lacks the resources.
    static func start(_ settings: ClientSettings, logger: Logger) -> DatabaseLoop? {
        let descriptor = eventfd(0, O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        let loop = DatabaseLoop(wakeDescriptor: descriptor)
        let body: @Sendable () -> Void = { loop.run(LinkTable(settings, logger: logger)) }
        // Without a thread there is no loop, whatever the reason.
        guard let thread = try? OwnThread(name: "gatehouse-pgloop", body) else {
            close(descriptor)
            return nil
        }
        loop.thread.withLock { $0 = thread }
        return loop
    }

    /// Whether there was a connection at the end of the last turn.
    var isConnected: Bool { hasConnection.load(ordering: .acquiring) }

    /// Posts a message to the thread; what comes too late is refused, and a connection closed.
    func post(_ message: Message) {
        let isTaken = inbox.withLock { inbox in
            guard inbox.isOpen, !inbox.isStopping else { return false }
            inbox.messages.append(message)
            wakeUp()
            return true
        }
        if !isTaken { Self.refuse(message) }
    }

    /// Answers what is under way, ends the connections and waits until the thread has ended.
    func shutdown() async {
        await withCheckedContinuation { continuation in
            let hasEnded = inbox.withLock { inbox in
                guard inbox.isOpen else { return true }
                inbox.waiters.append(continuation)
                inbox.isStopping = true
                wakeUp()
                return false
            }
            if hasEnded { continuation.resume() }
        }
        // The thread's last act was to wake this caller, so the join does not block.
        thread.withLock { $0.take() }?.join()
    }

    /// Lets the thread end unobserved, because no caller is left to wait for it.
    func abandon() {
        inbox.withLock { inbox in
            inbox.isStopping = true
            if inbox.isOpen { wakeUp() }
        }
        thread.withLock { $0.take() }?.detach()
    }

    private static func refuse(_ message: Message) {
        switch message {
        case .run(let submission): submission.continuation.resume(returning: .failure(.unavailable))
        case .dialed(.success(let connection)): connection.close()
        case .dialed(.failure): break
        }
    }

    private func wakeUp() { eventfd_write(wakeDescriptor, 1) }

    private func run(_ table: LinkTable) {
        while let messages = takeMessages() {
            for message in messages { table.handle(message, from: self) }
            let next = table.advance(self)
            hasConnection.store(table.isConnected, ordering: .releasing)
            for link in wait(for: table.links, until: next) { table.serve(link) }
        }
        table.close()
        hasConnection.store(false, ordering: .releasing)
        let (leftover, waiters) = inbox.withLock { inbox in
            inbox.isOpen = false
            defer { (inbox.messages, inbox.waiters) = ([], []) }
            return (inbox.messages, inbox.waiters)
        }
        for message in leftover { Self.refuse(message) }
        close(wakeDescriptor)
        for waiter in waiters { waiter.resume() }
    }

    /// The messages since the last call, or nil when the loop must end.
    private func takeMessages() -> [Message]? {
        inbox.withLock { inbox in
            if inbox.isStopping { return nil }
            defer { inbox.messages = [] }
            return inbox.messages
        }
    }

    /// Sleeps until a message comes, a socket is ready or the time has come; returns the connections that are ready.
    private func wait(for links: [Link], until moment: ContinuousClock.Instant?) -> [Link] {
        var descriptors = [pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0)]
        for link in links {
            let events = link.hasUnsentBytes ? POLLIN | POLLOUT : POLLIN
            descriptors.append(pollfd(fd: link.descriptor, events: Int16(events), revents: 0))
        }
        let milliseconds = moment.map { Int32(clamping: max(0, ($0 - .now).milliseconds + 1)) } ?? -1
        guard unsafe poll(&descriptors, nfds_t(descriptors.count), milliseconds) > 0 else { return [] }
        if descriptors[0].revents != 0 {
            var count: UInt64 = 0
            _ = unsafe read(wakeDescriptor, &count, 8)
        }
        return zip(links, descriptors.dropFirst()).filter { $0.1.revents != 0 }.map(\.0)
    }
}
