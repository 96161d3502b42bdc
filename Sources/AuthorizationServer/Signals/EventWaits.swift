import OAuthState
import SocketHTTP
import Synchronization

/// RFC 8936 §2.4: polls that wait for an event, and how they learn of one.
///
/// While any of them waits, the log of endings is asked four times a second for its last number, on any store and for
/// all of them together: an event reaches its receiver in well under a second, also when another node wrote it.
package final class EventWaits: Sendable {
    private let endings: (any EndingStore)?
    private let work: BackgroundWork
    private let state = Mutex(State())

    /// What one poll has left of its time, and the last change of any stream that it has seen.
    struct Patience {
        fileprivate var ticksLeft = EventWaits.ticksMax
        fileprivate var change: UInt64
    }

    private struct State {
        var loop: EventLoop?
        /// How often a stream was changed here.
        var changes: UInt64 = 0
        var waiters: [EventStreamID: Waiter] = [:]
        var isTicking = false
        var isClosed = false
    }

    private struct Waiter {
        /// The number that the poll has read up to.
        let seen: UInt64
        var ticksLeft: Int
        let continuation: Continuation

        typealias Continuation = CheckedContinuation<(isNew: Bool, ticksLeft: Int), Never>

        func end(isNew: Bool) { continuation.resume(returning: (isNew, ticksLeft)) }
    }

    /// How often the log is asked.
    private static let interval = Duration.milliseconds(250)
    /// How long a poll waits: shorter than the time-outs of most clients and proxies.
    fileprivate static let ticksMax = 80
    /// How often a poll looks at its stream without a reason: another node may have changed it.
    private static let ticksPerLook = 20

    init(endings: (any EndingStore)?, work: BackgroundWork) {
        self.endings = endings
        self.work = work
    }

    /// Takes the loop whose timer is used; before that no poll waits.
    func start(on loop: EventLoop) {
        state.withLock { $0.loop = loop }
    }

    /// Ends all waits, because the server stops.
    package func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.end(isNew: false) }
    }

    /// The patience of a poll that is about to read its stream.
    func begin() -> Patience { Patience(change: state.withLock(\.changes)) }

    /// Returns true when there may be something new, and false when the poll's time is over, or when a later poll of
    /// the same stream has taken the place of this one.
    ///
    /// A change between the reading and this call is not lost: it is after the one that the poll has seen.
    func wait(_ stream: EventStreamID, seen: UInt64, _ patience: inout Patience) async -> Bool {
        let (change, ticksLeft) = (patience.change, patience.ticksLeft)
        guard ticksLeft > 0 else { return false }
        let (isNew, left) = await withCheckedContinuation { (continuation: Waiter.Continuation) in
            let waiter = Waiter(seen: seen, ticksLeft: ticksLeft, continuation: continuation)
            let (displaced, answer) = state.withLock { state -> (Waiter?, Bool?) in
                guard !state.isClosed, state.loop != nil else { return (nil, false) }
                guard state.changes == change else { return (nil, true) }
                return (state.waiters.updateValue(waiter, forKey: stream), nil)
            }
            displaced?.end(isNew: false)
            if let answer { waiter.end(isNew: answer) } else { tickLater() }
        }
        patience.ticksLeft = left
        patience.change = state.withLock(\.changes)
        return isNew
    }

    /// Lets the poll of a stream look again, because something about the stream has changed.
    func wake(_ stream: EventStreamID) {
        let waiter = state.withLock { state in
            state.changes += 1
            return state.waiters.removeValue(forKey: stream)
        }
        waiter?.end(isNew: true)
    }

    /// How often a stream was changed here.
    var changeCount: UInt64 { state.withLock(\.changes) }

    /// How many polls wait.
    package var count: Int { state.withLock { $0.waiters.count } }

    private func tickLater() {
        let loop = state.withLock { state -> EventLoop? in
            guard !state.isTicking, !state.waiters.isEmpty else { return nil }
            state.isTicking = true
            return state.loop
        }
        loop?.schedule(after: Self.interval) { [self] in
            let task = work.start(.isCancelled) { await self.tick() }
            // The server stops: its polls are ended by close().
            if task == nil { state.withLock { $0.isTicking = false } }
        }
    }

    private func tick() async {
        // A store that fails is asked again; the polls end in time without it.
        let last = (try? await endings?.lastEnding()) ?? 0
        let (due, over) = state.withLock { state in
            state.isTicking = false
            var (due, over): ([Waiter], [Waiter]) = ([], [])
            for (stream, var waiter) in state.waiters {
                waiter.ticksLeft -= 1
                state.waiters[stream] = waiter
                if waiter.ticksLeft <= 0 {
                    over.append(waiter)
                } else if waiter.seen < last || waiter.ticksLeft.isMultiple(of: Self.ticksPerLook) {
                    due.append(waiter)
                } else {
                    continue
                }
                state.waiters[stream] = nil
            }
            return (due, over)
        }
        for waiter in due { waiter.end(isNew: true) }
        // Those look once more, too: what came with the last tick is not left for the next poll.
        for waiter in over { waiter.end(isNew: waiter.seen < last) }
        tickLater()
    }
}
