/// The look-ups that run and those that wait, without the threads: one for each name, with fair shares for the sources.
struct LookupQueue {
    /// Receives the answer; called at most once.
    typealias Completion = @Sendable (LookupMemory.Answer) -> Void

    /// A request that needs the addresses of a name.
    struct Caller {
        let identifier: UInt64
        /// On whose behalf; with nil, on the server's own.
        let source: String?
        let completion: Completion
    }

    private struct Waiting {
        let name: String
        var callers: [Caller]
    }

    private struct Running {
        var callers: [Caller]
        /// Whose share the look-up is charged to.
        let source: String?
    }

    private let rules: LookupRules
    private var waiting: [Waiting] = []
    private var running: [String: Running] = [:]
    private var runningPerSource: [String: Int] = [:]

    init(_ rules: LookupRules) {
        self.rules = rules
    }

    var waitingCount: Int { waiting.count }
    var runningCount: Int { running.count }

    /// Whether a further thread would find work.
    var hasWork: Bool { running.count < rules.runningMax && waiting.contains { share(for: $0) != nil } }

    /// Joins the name's look-up or queues a new one; returns the callers that the queue has no room for.
    mutating func add(_ caller: Caller, name: String) -> [Caller] {
        if running[name] != nil {
            running[name]?.callers.append(caller)
            return []
        }
        if let index = waiting.firstIndex(where: { $0.name == name }) {
            waiting[index].callers.append(caller)
            return []
        }
        waiting.append(Waiting(name: name, callers: [caller]))
        return waiting.count > rules.waitingMax ? evict() : []
    }

    /// The next name to look up; nil when there is nothing that a further thread may do.
    mutating func next() -> String? {
        guard running.count < rules.runningMax else { return nil }
        for index in waiting.indices {
            guard let share = share(for: waiting[index]) else { continue }
            let job = waiting.remove(at: index)
            running[job.name] = Running(callers: job.callers, source: share.source)
            if let source = share.source { runningPerSource[source, default: 0] += 1 }
            return job.name
        }
        return nil
    }

    /// Ends a name's look-up and returns the callers that still wait for it.
    mutating func finish(_ name: String) -> [Caller] {
        guard let job = running.removeValue(forKey: name) else { return [] }
        if let source = job.source {
            let others = runningPerSource[source, default: 1] - 1
            runningPerSource[source] = others == 0 ? nil : others
        }
        return job.callers
    }

    /// Forgets a caller whose request has ended; a look-up without callers is not begun.
    mutating func abandon(_ identifier: UInt64, name: String) {
        if running[name] != nil {
            running[name]?.callers.removeAll { $0.identifier == identifier }
        } else if let index = waiting.firstIndex(where: { $0.name == name }) {
            waiting[index].callers.removeAll { $0.identifier == identifier }
            if waiting[index].callers.isEmpty { waiting.remove(at: index) }
        }
    }

    /// Every caller of a look-up that has not begun, when no thread can be had.
    mutating func takeWaiting() -> [Caller] {
        defer { waiting = [] }
        return waiting.flatMap(\.callers)
    }

    private struct Share {
        let source: String?
    }

    /// The share that pays for the look-up, or nil while all of its callers have used theirs up.
    ///
    /// Any caller's will do: otherwise a source could delay a name that others need by asking for it first.
    private func share(for job: Waiting) -> Share? {
        for caller in job.callers {
            guard let source = caller.source else { return Share(source: nil) }
            if runningPerSource[source, default: 0] < rules.runningPerSourceMax { return Share(source: source) }
        }
        return nil
    }

    /// Evicts the newest look-up of the source that has the most waiting: a source that fills the queue is refused
    /// itself.
    private mutating func evict() -> [Caller] {
        var counts: [String?: Int] = [:]
        for job in waiting { counts[job.callers.first?.source, default: 0] += 1 }
        let most = counts.values.max() ?? 0
        guard let index = waiting.lastIndex(where: { counts[$0.callers.first?.source] == most }) else { return [] }
        return waiting.remove(at: index).callers
    }
}
