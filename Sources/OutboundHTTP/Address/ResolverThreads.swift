import Foundations
import Synchronization

/// Runs blocking name look-ups on a few threads of their own, which exist only while there is work.
final class ResolverThreads: Sendable {
    typealias Completion = @Sendable (Result<[RemoteAddress], OutboundError>) -> Void

    /// Simultaneous look-ups; further ones wait, bounded by the number of requests in flight.
    static let threadsMax = 8

    fileprivate struct State {
        var waiting: [(name: String, completion: Completion)] = []
        var threads = 0
    }

    private let resolver: any HostResolver
    private let state = Mutex(State())

    init(resolver: any HostResolver) {
        self.resolver = resolver
    }

    /// Looks the name up and calls back on the thread that did; a look-up in progress cannot be cancelled.
    func resolve(_ name: String, completion: @escaping Completion) {
        let needsThread = state.withLock { state in
            state.waiting.append((name, completion))
            guard state.threads < Self.threadsMax else { return false }
            state.threads += 1
            return true
        }
        guard needsThread else { return }
        do {
            try OwnThread(name: "gatehouse-dns") { self.work() }.detach()
        } catch {
            // The system cannot create a thread: the waiting requests fail, unless another thread is running to serve
            // them.
            let stranded = state.withLock { state in
                state.threads -= 1
                return state.threads == 0 ? state.takeAll() : []
            }
            for job in stranded {
                job.completion(.failure(OutboundError(.overloaded, "no thread for name resolution")))
            }
        }
    }

    private func work() {
        while let job = state.withLock({ $0.next() }) {
            do throws(OutboundError) {
                job.completion(.success(try resolver.addresses(of: job.name)))
            } catch {
                job.completion(.failure(error))
            }
        }
    }
}

extension ResolverThreads.State {
    /// The next look-up; without one, the asking thread leaves the count in the same step.
    fileprivate mutating func next() -> (name: String, completion: ResolverThreads.Completion)? {
        if waiting.isEmpty {
            threads -= 1
            return nil
        }
        return waiting.removeFirst()
    }

    fileprivate mutating func takeAll() -> [(name: String, completion: ResolverThreads.Completion)] {
        defer { waiting = [] }
        return waiting
    }
}
