/// What look-ups have found, within a bound.
struct LookupMemory {
    typealias Answer = Result<[RemoteAddress], OutboundError>

    private struct Entry {
        var answer: Answer
        /// Until then the answer is given without another look-up.
        var freshUntil: ContinuousClock.Instant
        /// Until then the addresses serve when a look-up fails or is slow.
        var staleUntil: ContinuousClock.Instant
    }

    private let rules: LookupRules
    private var entries: [String: Entry] = [:]

    init(_ rules: LookupRules) {
        self.rules = rules
    }

    var count: Int { entries.count }

    /// The answer that needs no look-up.
    func fresh(_ name: String, _ now: ContinuousClock.Instant) -> Answer? {
        guard let entry = entries[name], now < entry.freshUntil else { return nil }
        return entry.answer
    }

    /// Addresses that are better than none.
    func stale(_ name: String, _ now: ContinuousClock.Instant) -> [RemoteAddress]? {
        guard let entry = entries[name], now < entry.staleUntil, case .success(let addresses) = entry.answer else {
            return nil
        }
        return addresses
    }

    /// Uses stale addresses for a moment as if they were fresh: each caller would otherwise wait anew.
    mutating func prolong(_ name: String, _ now: ContinuousClock.Instant) {
        guard let entry = entries[name], entry.freshUntil < now + rules.failureLifetime else { return }
        entries[name]?.freshUntil = now + rules.failureLifetime
    }

    /// Keeps what a look-up found and returns what to answer: a failure is replaced by addresses that still serve.
    mutating func keep(_ answer: Answer, of name: String, _ now: ContinuousClock.Instant) -> Answer {
        if case .failure = answer, let addresses = stale(name, now) {
            prolong(name, now)
            return .success(addresses)
        }
        makeRoom(for: name, now)
        let isSuccess = (try? answer.get()) != nil  // the failure itself is kept as well
        let freshUntil = now + (isSuccess ? rules.freshness : rules.failureLifetime)
        entries[name] = Entry(
            answer: answer,
            freshUntil: freshUntil,
            staleUntil: isSuccess ? max(freshUntil, now + rules.staleness) : now
        )
        return answer
    }

    private mutating func makeRoom(for name: String, _ now: ContinuousClock.Instant) {
        guard entries.count >= rules.rememberedMax, entries[name] == nil else { return }
        entries = entries.filter { now < max($0.value.freshUntil, $0.value.staleUntil) }
        guard entries.count >= rules.rememberedMax,
            let next = entries.min(by: { $0.value.freshUntil < $1.value.freshUntil })
        else { return }
        entries[next.key] = nil
    }
}
