/// Bounds the waits of a test by real time: what never happens must fail the test and not hang it.
struct HarnessTimer: Sendable {
    private let clock = ContinuousClock()

    /// Waits for the event, or until the time has passed; the event is cancelled then.
    func wait(_ limit: Duration, for event: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await event() }
            group.addTask { [clock] in
                // Cancelled when the event has come first.
                try? await clock.sleep(for: limit)
            }
            await group.next()
            group.cancelAll()
        }
    }
}
