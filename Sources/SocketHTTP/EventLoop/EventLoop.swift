import CLinux
import Foundations
import Glibc
import Synchronization

/// One thread that waits for descriptors and runs the tasks that prefer it.
///
/// A task started with a loop as its executor preference stays on the loop's thread across every `await`, default
/// actors included. A plain `Task {}` does not inherit the preference, so pass it.
// SAFETY: the stored properties below `MARK: Confined` are touched only on the loop's own thread, which `run` enters
// once; the others are immutable or synchronized themselves.
package final class EventLoop: TaskExecutor, @unchecked Sendable {
    private struct Inbox {
        var jobs: [UnownedJob] = []
        var actions: [@Sendable () -> Void] = []
        /// Whether the thread may be asleep, so that the next sender must wake it.
        var isSleeping = false
        var isClosed = false
    }

    private enum Timed {
        case source(UInt64)
        case action(@Sendable () -> Void)
    }

    private let epoll: CInt
    private let wakeup: CInt
    private let name: String
    private let inbox = Mutex(Inbox())
    private let thread = Atomic<UInt>(0)

    // MARK: Confined to the loop's thread
    private var localJobs: [UnownedJob] = []
    private var spareJobs: [UnownedJob] = []
    private var sources: [(any EventSource)?] = []
    private var generations: [UInt32] = []
    private var sourceCount = 0
    private var wheel = DeadlineWheel<Timed>()
    /// Deadlines that have passed and wait for their turn, the earliest last.
    private var overdue: [DeadlineWheel<Timed>.Entry] = []
    private var slowWork = SlowWork()
    private var isStopping = false
    /// The time of the last wake-up, precise enough for timeouts.
    private(set) var now: UInt64 = 0
    /// The buffers into which sockets are read and responses are written, shared by all connections of the loop:
    /// nothing remains in them across an `await`.
    var input = [UInt8](repeating: 0, count: 64 * 1024)
    var output: [UInt8] = []

    /// Makes a loop.
    ///
    /// Its thread starts with `start()`; earlier work waits for it.
    package init(name: String = "loop") throws(SocketError) {
        self.name = name
        epoll = gatehouse_epoll_create()
        guard epoll >= 0 else { throw SocketError(operation: "epoll_create1", code: errno) }
        wakeup = gatehouse_eventfd()
        guard wakeup >= 0 else {
            let code = errno
            close(epoll)
            throw SocketError(operation: "eventfd", code: code)
        }
        // Edge-triggered, so that it need not be read: each wake-up is an edge.
        let events: PollEvents = [.readable, .edgeTriggered]
        gatehouse_epoll_add(epoll, wakeup, events.rawValue, .max)
    }

    deinit {
        close(wakeup)
        close(epoll)
    }

    /// Starts the thread; must be called once.
    package func start() throws(SocketError) {
        do {
            try OwnThread(name: name) { [self] in run() }.detach()
        } catch {
            throw SocketError(operation: "pthread_create", code: error.code)
        }
    }

    /// Ends the thread as soon as no descriptor is watched; later work goes to the global pool.
    package func stop() {
        submit { [self] in isStopping = true }
    }

    /// Whether the caller runs on this loop's thread.
    package var isCurrent: Bool {
        thread.load(ordering: .relaxed) == pthread_self()
    }

    /// Runs a job of a task that prefers this loop.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            localJobs.append(job)
            return
        }
        send(job) { $0.jobs.append(job) }
    }

    /// Runs `action` on the loop's thread in its next turn.
    package func submit(_ action: @escaping @Sendable () -> Void) {
        send(nil) { $0.actions.append(action) }
    }

    /// Runs `action` on the loop's thread after a delay, up to 25 ms late.
    package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) {
        submit { [self] in
            wheel.insert(.action(action), deadline: now &+ delay.nanoseconds, now: now)
        }
    }

    private func send(_ job: UnownedJob?, _ put: (inout sending Inbox) -> Void) {
        let (isClosed, mustWake) = inbox.withLock { inbox in
            guard !inbox.isClosed else { return (true, false) }
            put(&inbox)
            defer { inbox.isSleeping = false }
            return (false, inbox.isSleeping)
        }
        if isClosed, let job {
            // The thread has ended: a task that outlives its loop must still be able to finish.
            globalConcurrentExecutor.enqueue(ExecutorJob(job))
        } else if mustWake {
            gatehouse_eventfd_wake(wakeup)
        }
    }
}

// MARK: Watching, on the loop's thread

extension EventLoop {
    /// Starts watching a descriptor; `nil` when the kernel refuses.
    func register(_ source: any EventSource, descriptor: CInt, events: PollEvents) -> UInt64? {
        assert(isCurrent)
        let index = Int(descriptor)
        if index >= sources.count {
            let missing = max(index + 1, 64, sources.count * 2) - sources.count
            sources.append(contentsOf: repeatElement(nil, count: missing))
            generations.append(contentsOf: repeatElement(0, count: missing))
        }
        generations[index] &+= 1
        let token = UInt64(generations[index]) << 32 | UInt64(index)
        guard gatehouse_epoll_add(epoll, descriptor, events.rawValue, token) == 0 else { return nil }
        sources[index] = source
        sourceCount += 1
        return token
    }

    /// Changes which events a descriptor is watched for.
    func modify(_ token: UInt64, events: PollEvents) {
        gatehouse_epoll_modify(epoll, CInt(truncatingIfNeeded: token & 0xffff_ffff), events.rawValue, token)
    }

    /// Stops watching; events that were already fetched for the descriptor are dropped.
    func unregister(_ token: UInt64) {
        assert(isCurrent)
        let index = Int(token & 0xffff_ffff)
        guard source(of: token) != nil else { return }
        sources[index] = nil
        sourceCount -= 1
        gatehouse_epoll_remove(epoll, CInt(index))
    }

    /// Calls the source's `deadlineReached` at that time, unless the source has been removed by then.
    func scheduleDeadline(_ deadline: UInt64, for token: UInt64) {
        wheel.insert(.source(token), deadline: deadline, now: now)
    }

    private func source(of token: UInt64) -> (any EventSource)? {
        let index = Int(token & 0xffff_ffff)
        guard index < sources.count, generations[index] == UInt32(truncatingIfNeeded: token >> 32) else { return nil }
        return sources[index]
    }
}

// MARK: Slow work, on the loop's thread

extension EventLoop {
    /// Returns when this turn, or a later one, has room for another piece of slow work, such as the signature of a TLS
    /// handshake; callers are served in their order.
    ///
    /// Requests that arrive in the meantime are answered in between.
    func roomForSlowWork() async {
        assert(isCurrent)
        if slowWork.take() { return }
        await unsafe withUnsafeContinuation { unsafe slowWork.append($0) }
    }

    /// The same for a task of whichever loop it runs on; returns at once elsewhere.
    package static func roomForSlowWork() async {
        guard let loop = unsafe pthread_getspecific(key) else { return }
        await unsafe Unmanaged<EventLoop>.fromOpaque(loop).takeUnretainedValue().roomForSlowWork()
    }

    /// Where each loop's thread keeps its loop, unretained: the thread holds the loop until it ends.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let code = unsafe pthread_key_create(&key, nil)
        precondition(code == 0, "the process has no room for another thread-specific value")
        return key
    }()

    private func becomeCurrent() {
        thread.store(pthread_self(), ordering: .relaxed)
        unsafe pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
    }
}

// MARK: The shared buffers, on the loop's thread

extension EventLoop {
    /// Passes `body` the first bytes of the input buffer, which must not be written during the call.
    func withInput<Result>(_ count: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        let bytes = input
        return body(bytes.span.extracting(0..<count))
    }

    /// Empties the output buffer, and releases the memory that a large response needed.
    func resetOutput() {
        if output.capacity > 1 << 20 { output = [] }
        output.removeAll(keepingCapacity: true)
    }

    /// Passes `body` the output buffer, which must not be written during the call.
    func withOutput<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        let bytes = output
        return body(bytes.span)
    }
}

// MARK: The thread

extension EventLoop {
    private func run() {
        becomeCurrent()
        now = UInt64(WallClock.monotonicNanoseconds())
        var events = [gatehouse_epoll_event](repeating: gatehouse_epoll_event(), count: 512)
        while true {
            slowWork.beginTurn()
            runJobs()
            if isStopping, sourceCount == 0, localJobs.isEmpty, closeInbox() {
                // The thread number may be reused by another thread.
                thread.store(0, ordering: .relaxed)
                // Actions that are not due yet may hold references to the loop.
                wheel = DeadlineWheel()
                overdue = []
                return
            }
            let count = wait(&events)
            now = UInt64(WallClock.monotonicNanoseconds())
            for index in 0..<count {
                let event = events[index]
                source(of: event.token)?.handle(PollEvents(rawValue: event.events))
            }
            fireDeadlines()
        }
    }

    /// Runs the queued work and what it enqueues, within a bound: descriptors get their turn too.
    private func runJobs() {
        for _ in 0..<16 {
            takeInbox()
            if localJobs.isEmpty { return }
            swap(&localJobs, &spareJobs)
            for job in spareJobs { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
            spareJobs.removeAll(keepingCapacity: true)
        }
    }

    private func takeInbox() {
        var actions: [@Sendable () -> Void] = []
        inbox.withLock { inbox in
            if !inbox.jobs.isEmpty {
                localJobs.append(contentsOf: inbox.jobs)
                inbox.jobs.removeAll(keepingCapacity: true)
            }
            if !inbox.actions.isEmpty { swap(&actions, &inbox.actions) }
        }
        for action in actions { action() }
    }

    private func wait(_ events: inout [gatehouse_epoll_event]) -> Int {
        let isIdle =
            localJobs.isEmpty && overdue.isEmpty && slowWork.isEmpty
            && inbox.withLock { inbox in
                inbox.isSleeping = inbox.jobs.isEmpty && inbox.actions.isEmpty
                return inbox.isSleeping
            }
        var timeout: CInt = 0
        if isIdle {
            timeout = -1
            if let due = wheel.nextDue {
                timeout = due <= now ? 0 : CInt(min((due - now) / 1_000_000 + 1, 60_000))
            }
        }
        let count = unsafe gatehouse_epoll_wait(epoll, &events, CInt(events.count), timeout)
        if isIdle { inbox.withLock { $0.isSleeping = false } }
        // EINTR and an empty result are treated alike: look at the queues and wait again.
        return max(Int(count), 0)
    }

    /// The most deadlines that one turn handles: thousands of connections that time out together must not hold up the
    /// requests of all others.
    static let deadlinesPerTurn = 16

    private func fireDeadlines() {
        if overdue.isEmpty, let due = wheel.nextDue, due <= now {
            overdue = wheel.takeDue(now: now).reversed()
        }
        for _ in 0..<min(Self.deadlinesPerTurn, overdue.count) {
            let entry = overdue.removeLast()
            switch entry.element {
            case .source(let token):
                source(of: token)?.deadlineReached(entry.deadline)
            case .action(let action):
                if entry.deadline <= now {
                    action()
                } else {
                    wheel.insert(entry.element, deadline: entry.deadline, now: now)
                }
            }
        }
    }

    /// Refuses further work; `false` when some has arrived in the meantime.
    private func closeInbox() -> Bool {
        inbox.withLock { inbox in
            inbox.isClosed = inbox.jobs.isEmpty && inbox.actions.isEmpty
            return inbox.isClosed
        }
    }
}
