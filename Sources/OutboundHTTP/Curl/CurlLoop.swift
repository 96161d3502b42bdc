internal import CCurl
import Foundations
import Synchronization

/// A thread in `curl_multi_poll`, and the way to talk to it.
///
/// Everything that libcurl touches belongs to the thread (`TransferTable`); other threads post messages.
@safe final class CurlLoop: Sendable {
    enum Message: Sendable {
        case start(Submission)
        case resolved(UInt64, Result<[RemoteAddress], OutboundError>)
        case cancel(UInt64)
    }

    private struct Inbox {
        var messages: [Message] = []
        /// While true, the multi handle exists and messages are read.
        var isOpen = true
        var isStopping = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// The longest sleep of an idle loop.
    private static let idleMilliseconds: Int32 = 60_000

    // SAFETY: created before the thread starts and then used by that thread alone, except for curl_multi_wakeup, which
    // libcurl declares safe on any thread and which is called under the inbox's lock while `isOpen`; the thread closes
    // the inbox under the same lock before it frees the handle.
    nonisolated(unsafe) private let multi: UnsafeMutableRawPointer
    private let inbox = Mutex(Inbox())
    private let thread = Mutex<OwnThread?>(nil)

    private init(multi: UnsafeMutableRawPointer) {
        unsafe self.multi = multi
    }

    /// Starts a loop, or returns nil when the system lacks the resources.
    static func start(
        _ configuration: CurlClient.Configuration,
        trustAnchors: TrustAnchors,
        lookups: NameLookups
    ) -> CurlLoop? {
        guard let multi = unsafe curl_multi_init() else { return nil }
        let limits: [(CURLMoption, Int)] = [
            (CURLMOPT_MAX_TOTAL_CONNECTIONS, configuration.connectionsMax),
            (CURLMOPT_MAX_HOST_CONNECTIONS, configuration.connectionsPerHostMax),
            (CURLMOPT_MAXCONNECTS, configuration.connectionsMax),
        ]
        let loop = unsafe CurlLoop(multi: multi)
        let areSet = limits.allSatisfy { unsafe gatehouse_curl_multi_set_long(multi, $0.0, $0.1) == CURLM_OK }
        let body: @Sendable () -> Void = { [loop] in
            loop.run(configuration, trustAnchors: trustAnchors, lookups: lookups)
        }
        // Without a thread there is no loop, whatever the reason.
        guard areSet, let thread = try? OwnThread(name: "gatehouse-curl", body) else {
            unsafe curl_multi_cleanup(multi)
            return nil
        }
        loop.thread.withLock { $0 = thread }
        return loop
    }

    /// Posts a message to the thread; a request that comes too late is completed with `cancelled` at once.
    func post(_ message: Message) {
        let isTaken = inbox.withLock { inbox in
            guard inbox.isOpen, !inbox.isStopping else { return false }
            inbox.messages.append(message)
            wakeUp()
            return true
        }
        if !isTaken, case .start(let submission) = message { submission.refuse() }
    }

    /// Completes what is in flight with `cancelled` and waits until the thread has ended.
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

    private func wakeUp() { unsafe curl_multi_wakeup(multi) }

    private func run(_ configuration: CurlClient.Configuration, trustAnchors: TrustAnchors, lookups: NameLookups) {
        let transfers = unsafe TransferTable(
            multi: multi,
            configuration,
            trustAnchors: trustAnchors,
            lookups: lookups
        )
        while let messages = takeMessages() {
            for message in messages { transfers.handle(message, from: self) }
            let wait = transfers.advance()
            unsafe curl_multi_poll(
                multi,
                nil,
                0,
                wait.map { min($0, Self.idleMilliseconds) } ?? Self.idleMilliseconds,
                nil
            )
        }
        transfers.cancelAll()
        let (leftover, waiters) = inbox.withLock { inbox in
            inbox.isOpen = false
            defer { (inbox.messages, inbox.waiters) = ([], []) }
            return (inbox.messages, inbox.waiters)
        }
        for case .start(let submission) in leftover { submission.refuse() }
        unsafe curl_multi_cleanup(multi)
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
}

extension Submission {
    fileprivate func refuse() {
        continuation.resume(returning: .failure(OutboundError(.cancelled, "the client is shut down")))
    }
}
