import OAuthProtocol
import SocketHTTP
import Synchronization

/// Writes requests that were refused to the audit trail, thinned out: of each source, event and party the first, and
/// then each whose number is a power of two.
///
/// An operator sees which client misbehaves, and a stranger who sends the same request in a loop does not fill the
/// trail.
package final class RefusalRecords: Sendable {
    private let audit: AuditTrail
    private let countMax: Int
    // By a hash that is keyed anew in each process: a collision only thins out two at once.
    private let counts = Mutex<[Int: Int]>([:])

    /// Records into a trail; at `countMax` counted parties all counts begin again.
    package init(audit: AuditTrail, countMax: Int = 65_536) {
        self.audit = audit
        self.countMax = countMax
    }

    /// Records an event, with the number of its kind so far as `failures`, if it is that event's turn.
    ///
    /// - Parameters:
    ///   - event: What was refused.
    ///   - party: Whose events are counted together, such as a client or a session.
    ///   - context: The request.
    func record(_ event: AuditEvent, of party: String, _ context: RequestContext) {
        var hasher = Hasher()
        hasher.combine(context.source.site)
        hasher.combine(event.name)
        hasher.combine(party)
        let count = count(hasher.finalize())
        guard count & (count - 1) == 0 else { return }
        audit.record(event.counting(failures: count), context: context)
    }

    private func count(_ key: Int) -> Int {
        counts.withLock { counts in
            if counts.count >= countMax, counts[key] == nil { counts.removeAll(keepingCapacity: true) }
            counts[key, default: 0] += 1
            return counts[key, default: 1]
        }
    }
}
