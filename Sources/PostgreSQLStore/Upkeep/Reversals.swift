import OAuthState
import Synchronization

/// Takes changes back, and tries again for a minute what the database did not take.
///
/// A reversal changes nothing when the state has moved on, so one that comes late, or twice, does no harm.
package final class Reversals: Sendable {
    private struct Unfinished {
        let calls: [SQLCall]
        var tryCount = 1
    }

    private let database: any SQLDatabase
    private let unfinished = Mutex<[Unfinished]>([])

    /// The most that wait; beyond them a reversal is lost, as with a process that ends.
    private static let countMax = 10_000
    /// How often one is tried: once in each sweep.
    private static let tryCountMax = 60

    /// Reversals in a database.
    init(database: any SQLDatabase) {
        self.database = database
    }

    /// Runs the statements of a reversal, now or in a later sweep.
    func run(_ calls: [SQLCall]) async {
        await attempt(Unfinished(calls: calls))
    }

    /// Leaves the statements of a reversal to the next sweep: the caller has to answer at once.
    func postpone(_ calls: [SQLCall]) {
        keep(Unfinished(calls: calls, tryCount: 0))
    }

    /// Tries again what is left.
    func retry() async {
        let due = unfinished.withLock { unfinished in
            defer { unfinished = [] }
            return unfinished
        }
        for reversal in due { await attempt(reversal) }
    }

    private func attempt(_ reversal: Unfinished) async {
        do throws(StoreError) {
            // What is taken back has not ended: it never was.
            _ = try await database.run([PostgreSQLEndings.quiet] + reversal.calls)
        } catch {
            guard reversal.tryCount < Self.tryCountMax else { return }
            keep(Unfinished(calls: reversal.calls, tryCount: reversal.tryCount + 1))
        }
    }

    private func keep(_ reversal: Unfinished) {
        unfinished.withLock { unfinished in
            guard unfinished.count < Self.countMax else { return }
            unfinished.append(reversal)
        }
    }
}
