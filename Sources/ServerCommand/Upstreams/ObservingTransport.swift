import Foundations
import OAuthProtocol
import OutboundHTTP
import Synchronization

/// Passes requests on, and remembers what the answers' `Date` fields say of this machine's clock.
final class ObservingTransport: OutboundTransport {
    private let base: any OutboundTransport
    private let timeSource: any TimeSource
    private let offset = Mutex<Int64?>(nil)

    init(_ base: any OutboundTransport, timeSource: any TimeSource) {
        self.base = base
        self.timeSource = timeSource
    }

    /// By how many seconds the other side's clock is ahead of this machine's; `nil` before there was an answer.
    ///
    /// A cache may have stored an answer, whose date is then in the past: the latest date counts.
    var clockOffsetSeconds: Int64? { offset.withLock(\.self) }

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        let response = try await base.send(request)
        note(response)
        return response
    }

    private func note(_ response: OutboundResponse) {
        guard let date = response.values(of: "date").first.flatMap(HTTPDate.secondsSinceEpoch) else { return }
        // RFC 9111 §5.1: how long a cache has held the answer.
        let age = response.values(of: "age").first.flatMap { Int64($0) } ?? 0
        let now = timeSource.now().secondsSinceEpoch
        let found = date + min(max(age, 0), 86_400 * 365) - now
        offset.withLock { known in known = known.map { max($0, found) } ?? found }
    }
}
