import Testing

@testable import DurableLog

@Suite("What waits for the journal's writer")
struct JournalQueueTests {
    @Test("what comes while a group is gathered joins it, in order, and closing is not lost")
    func gathering() {
        let queue = JournalQueue(lastNumber: 7, segments: [], options: JournalOptions())
        #expect(queue.append([1]) == 8)
        var work = queue.nextWork(within: .zero)
        #expect(work.records.map(\.sequenceNumber) == [8])
        queue.gather(into: &work, for: .microseconds(50))
        #expect(work.records.map(\.sequenceNumber) == [8])
        #expect(queue.append([2]) == 9)
        #expect(queue.append([3]) == 10)
        queue.gather(into: &work, for: .microseconds(50))
        #expect(work.records.map(\.sequenceNumber) == [8, 9, 10])
        #expect(work.records.map(\.bytes) == [[1], [2], [3]])
        #expect(!work.isClosing)
        // What was gathered belongs to no other thread now.
        #expect(queue.nextWork(within: .zero).records.isEmpty)
    }

    @Test("a close that comes while a group is gathered is seen with it")
    func closing() async throws {
        let queue = JournalQueue(lastNumber: 0, segments: [], options: JournalOptions())
        _ = queue.append([1])
        var work = queue.nextWork(within: .zero)
        async let closed: Void = queue.close()
        while !work.isClosing {
            queue.gather(into: &work, for: .milliseconds(1))
            await Task.yield()
        }
        #expect(work.records.count == 1)
        queue.didClose(.success(()))
        try await closed
    }
}
