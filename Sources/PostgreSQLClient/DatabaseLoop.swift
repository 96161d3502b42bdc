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

    private let wakeDescriptor: Int32
    private let mailbox = ThreadMailbox<Message>()
    private let hasConnection = Atomic<Bool>(false)

    private init(wakeDescriptor: Int32) {
        self.wakeDescriptor = wakeDescriptor
    }

    /// Starts a loop, or returns nil when the system lacks the resources.
    static func start(_ settings: ClientSettings, logger: Logger) -> DatabaseLoop? {
        let descriptor = eventfd(0, O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        let loop = DatabaseLoop(wakeDescriptor: descriptor)
        let isStarted = loop.mailbox.start(name: "gatehouse-pgloop") { loop.run(LinkTable(settings, logger: logger)) }
        guard isStarted else {
            close(descriptor)
            return nil
        }
        return loop
    }

    /// Whether there was a connection at the end of the last turn.
    var isConnected: Bool { hasConnection.load(ordering: .acquiring) }

    /// Posts a message to the thread; what comes too late is refused, and a connection closed.
    func post(_ message: Message) {
        if !mailbox.post(message, wakeUp: wakeUp) { Self.refuse(message) }
    }

    /// Answers what is under way, ends the connections and waits until the thread has ended.
    func shutdown() async { await mailbox.shutdown(wakeUp: wakeUp) }

    /// Lets the thread end unobserved, because no caller is left to wait for it.
    func abandon() { mailbox.abandon(wakeUp: wakeUp) }

    private static func refuse(_ message: Message) {
        switch message {
        case .run(let submission): submission.continuation.resume(returning: .failure(.unavailable))
        case .dialed(.success(let connection)): connection.close()
        case .dialed(.failure): break
        }
    }

    private func wakeUp() { eventfd_write(wakeDescriptor, 1) }

    private func run(_ table: LinkTable) {
        while let messages = mailbox.takeMessages() {
            for message in messages { table.handle(message, from: self) }
            let next = table.advance(self)
            hasConnection.store(table.isConnected, ordering: .releasing)
            for link in wait(for: table.links, until: next) { table.serve(link) }
        }
        table.close()
        hasConnection.store(false, ordering: .releasing)
        mailbox.close { leftover in
            for message in leftover { Self.refuse(message) }
            Glibc.close(wakeDescriptor)
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
