import DurableLog

/// A journal whose waits are spans inside the request's.
struct TracedJournal: ChangeJournal {
    let journal: any ChangeJournal
    let tracer: Tracer

    func append(_ record: [UInt8]) -> JournalPosition { journal.append(record) }
    func isDurable(_ position: JournalPosition) -> Bool { journal.isDurable(position) }
    var lastPosition: JournalPosition { journal.lastPosition }
    var isAvailable: Bool { journal.isAvailable }

    func waitUntilDurable(_ position: JournalPosition) async throws(JournalError) {
        guard let span = tracer.child() else { return try await journal.waitUntilDurable(position) }
        let start = tracer.nanoseconds()
        do throws(JournalError) {
            try await journal.waitUntilDurable(position)
        } catch {
            record(span, since: start, isFailed: true)
            throw error
        }
        record(span, since: start, isFailed: false)
    }

    private func record(_ span: SpanContext, since start: Int64, isFailed: Bool) {
        tracer.record(
            Span(
                context: span,
                name: "wait for the journal",
                kind: .internal,
                time: (start, tracer.nanoseconds()),
                isFailed: isFailed
            )
        )
    }
}
