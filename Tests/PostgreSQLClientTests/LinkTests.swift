import Glibc
import PostgreSQLTesting
import Testing

@testable import PostgreSQLClient

/// Each link is used by its test only, without a loop.
@Suite("A connection that is lost while a transaction is sent", .timeLimit(.minutes(1)))
struct LinkTests {
    private static let limit = ContinuousClock.now + .seconds(600)

    /// A connection whose socket no longer takes anything, before libpq has noticed.
    private func lostLink(of database: TestDatabase) async throws -> Link {
        let dialer = Dialer(database.settings)
        let dialed = await withCheckedContinuation { continuation in
            dialer.dial { continuation.resume(returning: $0) }
        }
        let link = Link(try dialed.get())
        #expect(shutdown(link.descriptor, Int32(SHUT_RDWR)) == 0)
        return link
    }

    private func submission(
        _ numbers: [Int],
        _ continuation: CheckedContinuation<Submission.Outcome, Never>
    ) -> Submission {
        Submission(
            commands: numbers.map { Command(number: $0, text: "SELECT 1", parameters: []) },
            deadline: Self.limit,
            continuation: continuation
        )
    }

    // libpq reports the loss of a connection only after the first sync that it could not send.

    @Test("a transaction that was not sent whole is answered, and is not among those that were sent")
    func notSent() async throws {
        let database = try await TestDatabase()
        let link = try await lostLink(of: database)
        // The first is refused while its second command is prepared; the second, whose commands count as prepared,
        // while they are executed.
        for _ in 1...2 {
            var isUsable = true
            let outcome = await withCheckedContinuation { continuation in
                isUsable = link.send(submission([1, 2], continuation), limit: Self.limit)
            }
            #expect(outcome == .failure(.unavailable))
            #expect(!isUsable)
            #expect(link.transactionCount == 0)
            #expect(link.takeAll().isEmpty)
        }
    }

    @Test("one that is lost with its sync is left to the caller: what came of it is not known")
    func syncNotSent() async throws {
        let database = try await TestDatabase()
        let link = try await lostLink(of: database)
        var isUsable = true
        var leftCount = 0
        let outcome = await withCheckedContinuation { continuation in
            isUsable = link.send(submission([1], continuation), limit: Self.limit)
            let left = link.takeAll()
            leftCount = left.count
            for submission in left { submission.continuation.resume(returning: .failure(.outcomeUnknown)) }
        }
        #expect(outcome == .failure(.outcomeUnknown))
        #expect(!isUsable)
        #expect(leftCount == 1)
    }
}
