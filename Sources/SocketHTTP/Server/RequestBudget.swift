import Synchronization

/// The memory that incomplete and unanswered requests of all connections of a process may hold together (D-74).
///
/// Each request has its own bounds, and 20,000 connections that stop just short of theirs would hold 2 GB. A connection
/// charges what it holds in steps of ``step``, so that a request that arrives whole and small costs nothing.
package final class RequestBudget: Sendable {
    /// The granularity of charges, in bytes; less than this is not counted.
    static let step = 4096

    /// The most bytes that are held.
    package let bytesMax: Int
    private let held = Atomic<Int>(0)

    /// A budget of 256 MiB by default.
    package init(bytesMax: Int = 256 << 20) {
        self.bytesMax = bytesMax
    }

    /// The bytes that are charged now.
    package var heldBytes: Int { held.load(ordering: .relaxed) }

    /// Charges more bytes; false when they exceed the budget, and then nothing is charged.
    func take(_ count: Int) -> Bool {
        guard held.add(count, ordering: .relaxed).newValue <= bytesMax else {
            held.subtract(count, ordering: .relaxed)
            return false
        }
        return true
    }

    /// Returns bytes that are no longer held.
    func giveBack(_ count: Int) {
        held.subtract(count, ordering: .relaxed)
    }
}
