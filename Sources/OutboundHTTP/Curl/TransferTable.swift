internal import CCurl
import Foundations

/// The exchanges of one loop, used only by its thread: starts them, runs libcurl, keeps their deadlines, completes
/// them.
@safe final class TransferTable {
    private let multi: UnsafeMutableRawPointer
    private let configuration: CurlClient.Configuration
    private let trustAnchors: TrustAnchors
    private let lookups: NameLookups
    private var exchanges: [UInt64: Exchange] = [:]
    private var exchangesPerHost: [String: Int] = [:]
    /// No exchange's deadline is earlier than this.
    private var nextDeadline: ContinuousClock.Instant?

    init(
        multi: UnsafeMutableRawPointer,
        _ configuration: CurlClient.Configuration,
        trustAnchors: TrustAnchors,
        lookups: NameLookups
    ) {
        unsafe self.multi = multi
        self.configuration = configuration
        self.trustAnchors = trustAnchors
        self.lookups = lookups
    }

    func handle(_ message: CurlLoop.Message, from loop: CurlLoop) {
        switch message {
        case .start(let submission):
            start(submission, loop)
        case .resolved(let identifier, let result):
            // An exchange that timed out or was cancelled in the meantime is no longer in the table, and one that took
            // an earlier address no longer waits.
            if let exchange = exchanges[identifier], exchange.isLookingUp { dial(exchange, result) }
        case .cancel(let identifier):
            if let exchange = exchanges[identifier] { finish(exchange, .failure(Self.cancelled)) }
        }
    }

    /// Advances every transfer as far as possible; returns the milliseconds after which it must be called again at the
    /// latest.
    func advance() -> Int32? {
        let now = ContinuousClock.now
        expire(now)
        var running: Int32 = 0
        unsafe curl_multi_perform(multi, &running)
        var code = CURLE_OK
        while let context = unsafe gatehouse_curl_next_finished(multi, &code) {
            let exchange = unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
            finish(exchange, exchange.outcome(of: code))
        }
        return nextDeadline.map { Int32(clamping: ($0 - now).milliseconds + 1) }
    }

    func cancelAll() {
        for exchange in exchanges.values { finish(exchange, .failure(Self.cancelled)) }
    }

    private static var cancelled: OutboundError { OutboundError(.cancelled, "the request was cancelled") }

    private func start(_ submission: Submission, _ loop: CurlLoop) {
        let exchange = Exchange(submission)
        if let refusal = refusal(of: submission) { return exchange.complete(.failure(refusal)) }
        exchanges[submission.identifier] = exchange
        exchangesPerHost[exchange.host, default: 0] += 1
        guard let name = submission.plan.nameToVet else { return dial(exchange, nil) }
        let identifier = submission.identifier
        let caller = LookupQueue.Caller(
            identifier: identifier,
            source: submission.plan.request.source,
            completion: { loop.post(.resolved(identifier, $0)) }
        )
        switch lookups.resolve(name, caller) {
        case .answer(let answer):
            dial(exchange, answer)
        case .later(let hasStale):
            exchange.isLookingUp = true
            exchange.deadline = submission.plan.resolutionDeadline
            if hasStale { exchange.deadline = min(exchange.deadline, .now.advanced(by: Self.staleWait)) }
            watch(exchange)
        }
    }

    /// RFC 8767 §5: how long a look-up may take before earlier addresses are used.
    private static let staleWait: Duration = .milliseconds(1800)

    private func refusal(of submission: Submission) -> OutboundError? {
        if submission.cancellation.isRaised { return Self.cancelled }
        guard exchanges.count < configuration.requestsMax else {
            return OutboundError(.overloaded, "too many requests in flight")
        }
        let host = submission.plan.target.host.lowercasedASCII
        let perHostMax = submission.plan.request.limits.requestsPerHostMax ?? .max
        guard exchangesPerHost[host, default: 0] < perHostMax else {
            return OutboundError(.overloaded, "too many requests in flight to \(host)")
        }
        return nil
    }

    /// Hands the transfer to libcurl, once the addresses of a name that had to be checked are known.
    private func dial(_ exchange: Exchange, _ resolution: Result<[RemoteAddress], OutboundError>?) {
        exchange.isLookingUp = false
        do throws(OutboundError) {
            let addresses = try resolution?.get()
            // D-83: one forbidden address among public ones marks a name that is set up to deceive.
            if let refused = addresses?.first(where: { !exchange.request.addressPolicy.permits($0) }) {
                throw OutboundError(
                    .addressRefused,
                    "\(exchange.host) has the address \(refused), which is not permitted"
                )
            }
            let easy = unsafe try exchange.makeHandle(configuration, trustAnchors, vettedAddresses: addresses)
            guard unsafe curl_multi_add_handle(multi, easy) == CURLM_OK else {
                throw OutboundError(.overloaded, "libcurl refuses another transfer")
            }
            exchange.isRunning = true
            exchange.deadline = exchange.submission.plan.deadline
            watch(exchange)
        } catch {
            finish(exchange, .failure(error))
        }
    }

    private func finish(_ exchange: Exchange, _ result: Result<OutboundResponse, OutboundError>) {
        guard exchanges.removeValue(forKey: exchange.submission.identifier) != nil else { return }
        let others = exchangesPerHost[exchange.host, default: 1] - 1
        exchangesPerHost[exchange.host] = others == 0 ? nil : others
        if exchange.isLookingUp, let name = exchange.submission.plan.nameToVet {
            lookups.abandon(exchange.submission.identifier, name: name)
        }
        if exchange.isRunning, let easy = unsafe exchange.easy { unsafe curl_multi_remove_handle(multi, easy) }
        exchange.complete(result)
    }

    private func watch(_ exchange: Exchange) {
        nextDeadline = min(nextDeadline ?? exchange.deadline, exchange.deadline)
    }

    /// Ends overdue exchanges.
    ///
    /// The deadlines are kept here, because libcurl's own do not run while a transfer waits for a free connection.
    private func expire(_ now: ContinuousClock.Instant) {
        guard let due = nextDeadline, due <= now else { return }
        for exchange in exchanges.values where exchange.deadline <= now {
            if exchange.isLookingUp, let name = exchange.submission.plan.nameToVet, let addresses = lookups.stale(name)
            {
                // The look-up continues and serves later requests.
                dial(exchange, .success(addresses))
            } else {
                finish(exchange, .failure(OutboundError(.timeout, "no answer from \(exchange.host) in time")))
            }
        }
        nextDeadline = exchanges.values.map(\.deadline).min()
    }
}
