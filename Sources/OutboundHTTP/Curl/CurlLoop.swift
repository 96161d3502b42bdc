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

    /// The longest sleep of an idle loop.
    private static let idleMilliseconds: Int32 = 60_000

    // SAFETY: created before the thread starts and then used by that thread alone, except for curl_multi_wakeup, which
    // libcurl declares safe on any thread and which is called under the mailbox's lock while it is open; the thread
    // closes the mailbox under the same lock before it frees the handle.
    nonisolated(unsafe) private let multi: UnsafeMutableRawPointer
    private let mailbox = ThreadMailbox<Message>()

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
        let isStarted =
            areSet
            && loop.mailbox.start(name: "gatehouse-curl") {
                loop.run(configuration, trustAnchors: trustAnchors, lookups: lookups)
            }
        guard isStarted else {
            unsafe curl_multi_cleanup(multi)
            return nil
        }
        return loop
    }

    /// Posts a message to the thread; a request that comes too late is completed with `cancelled` at once.
    func post(_ message: Message) {
        if !mailbox.post(message, wakeUp: wakeUp), case .start(let submission) = message { submission.refuse() }
    }

    /// Completes what is in flight with `cancelled` and waits until the thread has ended.
    func shutdown() async { await mailbox.shutdown(wakeUp: wakeUp) }

    /// Lets the thread end unobserved, because no caller is left to wait for it.
    func abandon() { mailbox.abandon(wakeUp: wakeUp) }

    private func wakeUp() { unsafe curl_multi_wakeup(multi) }

    private func run(_ configuration: CurlClient.Configuration, trustAnchors: TrustAnchors, lookups: NameLookups) {
        let transfers = unsafe TransferTable(
            multi: multi,
            configuration,
            trustAnchors: trustAnchors,
            lookups: lookups
        )
        while let messages = mailbox.takeMessages() {
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
        mailbox.close { leftover in
            for case .start(let submission) in leftover { submission.refuse() }
            unsafe curl_multi_cleanup(multi)
        }
    }
}

extension Submission {
    fileprivate func refuse() {
        continuation.resume(returning: .failure(OutboundError(.cancelled, "the client is shut down")))
    }
}
