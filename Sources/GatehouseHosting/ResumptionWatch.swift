import AuthorizationServer
package import DurableLog
import FoundationEssentials
package import Logging
import OAuthProtocol
import OpenSSLCrypto

/// Notices that the machine was suspended and resumed, or restored from a copy of its memory, and renews what two
/// copies of it must not share: the generator of random numbers, and the journal's open segment with its key and
/// nonces.
///
/// Two copies that run at the same time are noticed only when the clock of one is corrected: never clone a running
/// server.
package struct ResumptionWatch: Sendable {
    /// What tells one run of a machine from another.
    struct Sign: Equatable, Sendable {
        /// The kernel's id of this boot; another one after a checkpointed process was moved.
        var bootID: String
        /// The wall clock minus the monotonic clock, which stops while the machine does.
        var offset: Duration

        /// Whether the machine may have been elsewhere between two signs.
        func differs(from earlier: Sign) -> Bool {
            let jump = offset - earlier.offset
            return bootID != earlier.bootID || jump > Self.tolerance || jump < .zero - Self.tolerance
        }

        /// Corrections of the clock are slower than this, and steps of it rare.
        private static let tolerance = Duration.seconds(2)

        /// The present one.
        static func current() -> Sign {
            let wall = SystemTimeSource().now().millisecondsSinceEpoch
            let monotonic = SystemElapsedTimeSource().nanoseconds()
            // Where the kernel has no such id, the clocks decide alone.
            let bootID = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
            return Sign(bootID: bootID ?? "", offset: .milliseconds(wall) - .nanoseconds(monotonic))
        }
    }

    let journal: Journal?
    let logger: Logger

    /// A watch that renews a journal's segment; `nil` for a state that is not in files.
    package init(journal: Journal?, logger: Logger) {
        self.journal = journal
        self.logger = logger
    }

    /// Looks each second until it is cancelled.
    package func watch() async {
        var earlier = Sign.current()
        while !Task.isCancelled {
            // Cancelled at the shutdown, which ends the loop.
            try? await Task.sleep(for: .seconds(1))
            let current = Sign.current()
            if current.differs(from: earlier) { renew() }
            earlier = current
        }
    }

    /// Makes this copy of the machine another one than its twin.
    func renew() {
        SystemRandomSource().reseed()
        journal?.beginSegment()
        logger.warning(
            """
            the machine was suspended, moved or its clock set: random numbers were seeded again and a new segment of the \
            journal begins; never run two copies of a running machine
            """
        )
    }
}
