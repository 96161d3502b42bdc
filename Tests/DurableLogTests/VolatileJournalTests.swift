import DurableLog
import Testing

@Suite("Volatile journal")
struct VolatileJournalTests {
    @Test("positions count the records and are durable at once")
    func countsRecords() async throws {
        let journal = VolatileJournal()
        #expect(journal.lastPosition == .beginning)
        let first = journal.append([1])
        let second = journal.append([2])
        #expect(first < second)
        #expect(second.sequenceNumber == 2)
        try await journal.waitUntilDurable(second)
        #expect(journal.lastPosition == second)
        #expect(journal.isAvailable)
    }

    @Test("copies share one history")
    func copiesShare() {
        let journal = VolatileJournal()
        let copy = journal
        #expect(journal.append([1]).sequenceNumber == 1)
        #expect(copy.append([2]).sequenceNumber == 2)
    }
}
