import Synchronization

/// A request on its way from the waiting task to the loop's thread.
struct Submission: Sendable {
    let identifier: UInt64
    let plan: ExchangePlan
    let cancellation: CancellationFlag
    let continuation: CheckedContinuation<Result<OutboundResponse, OutboundError>, Never>
}

/// Reports that a request was cancelled, to a loop that may not have received the request yet.
final class CancellationFlag: Sendable {
    private let raised = Atomic<Bool>(false)

    var isRaised: Bool { raised.load(ordering: .acquiring) }

    func raise() { raised.store(true, ordering: .releasing) }
}
