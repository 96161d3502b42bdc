import Synchronization

/// Counts signature verifications: the most expensive operation that a stranger's request can cause.
///
/// A test binds one to its task and bounds what requests cost in operations, which unlike time are the same everywhere.
package final class VerificationTally: Sendable {
    /// The tally of this task; `nil` where no test counts.
    @TaskLocal package static var current: VerificationTally?

    private let verifications = Atomic<Int>(0)

    /// A tally at zero.
    package init() {}

    /// How many signatures were verified.
    package var count: Int { verifications.load(ordering: .relaxed) }

    func increment() {
        verifications.wrappingAdd(1, ordering: .relaxed)
    }
}
