import Foundations
import Synchronization

/// Looks names up for one client, on a few threads of its own, which exist only while there is work.
///
/// A look-up cannot be interrupted, so each client has its own threads, remembers what was found, asks for one name
/// once at a time, and does not begin look-ups whose requests have ended (S-01): strangers can delay one another, by
/// no more than their shares, and never the operator's identity providers.
final class NameLookups: Sendable {
    /// How an answer reaches the caller.
    enum Start {
        /// It is known.
        case answer(LookupMemory.Answer)
        /// It comes later; `hasStale` says whether earlier addresses may be used if it takes long.
        case later(hasStale: Bool)
    }

    private struct State {
        var queue: LookupQueue
        var memory: LookupMemory
        /// Threads that run or are about to.
        var threads = 0

        /// Counts a thread that must be started, if one would find work.
        mutating func takesThread(max: Int) -> Bool {
            guard threads < max, queue.hasWork else { return false }
            threads += 1
            return true
        }

        /// The next name; without one, the asking thread leaves the count in the same step.
        mutating func next() -> String? {
            if let name = queue.next() { return name }
            threads -= 1
            return nil
        }
    }

    private let resolver: any HostResolver
    private let rules: LookupRules
    private let state: Mutex<State>

    init(resolver: any HostResolver, rules: LookupRules) {
        self.resolver = resolver
        self.rules = rules
        state = Mutex(State(queue: LookupQueue(rules), memory: LookupMemory(rules)))
    }

    /// Finds a name's addresses: at once if they are known, or by a call on the thread that looked them up.
    ///
    /// - Parameters:
    ///   - name: The name, in lower case.
    ///   - caller: Receives the answer unless it is returned.
    /// - Returns: The answer, or that it comes later.
    func resolve(_ name: String, _ caller: LookupQueue.Caller) -> Start {
        let now = ContinuousClock.now
        let (start, refused, needsThread) = state.withLock { state -> (Start, [LookupQueue.Caller], Bool) in
            if let answer = state.memory.fresh(name, now) { return (.answer(answer), [], false) }
            let refused = state.queue.add(caller, name: name)
            let hasStale = state.memory.stale(name, now) != nil
            return (.later(hasStale: hasStale), refused, state.takesThread(max: rules.runningMax))
        }
        Self.refuse(refused, "too many names are being looked up")
        if needsThread { startThread() }
        return start
    }

    /// Ends the wait of a request that has ended.
    func abandon(_ identifier: UInt64, name: String) {
        state.withLock { $0.queue.abandon(identifier, name: name) }
    }

    /// The addresses that serve a request whose look-up takes long; later requests then do not wait for a moment.
    func stale(_ name: String) -> [RemoteAddress]? {
        let now = ContinuousClock.now
        return state.withLock { state in
            guard let addresses = state.memory.stale(name, now) else { return nil }
            state.memory.prolong(name, now)
            return addresses
        }
    }

    private func startThread() {
        do {
            try OwnThread(name: "gatehouse-dns") { self.work() }.detach()
        } catch {
            // The system cannot create a thread: the waiting requests fail, unless another thread is running to serve
            // them.
            let stranded = state.withLock { state in
                state.threads -= 1
                return state.threads == 0 ? state.queue.takeWaiting() : []
            }
            Self.refuse(stranded, "no thread for name resolution")
        }
    }

    private func work() {
        while let name = state.withLock({ $0.next() }) {
            let found: LookupMemory.Answer
            do throws(OutboundError) {
                found = .success(try resolver.addresses(of: name))
            } catch {
                found = .failure(error)
            }
            let now = ContinuousClock.now
            let (answer, callers) = state.withLock { state in
                (state.memory.keep(found, of: name, now), state.queue.finish(name))
            }
            for caller in callers { caller.completion(answer) }
        }
    }

    private static func refuse(_ callers: [LookupQueue.Caller], _ reason: String) {
        for caller in callers { caller.completion(.failure(OutboundError(.overloaded, reason))) }
    }
}
