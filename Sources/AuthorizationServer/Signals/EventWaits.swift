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

    private struct State {
        var loop: EventLoop?
        var waiters: [EventStreamID: Waiter] = [:]
        var isTicking = false
        var isClosed = false
    }

    private struct Waiter {
        /// The number that the poll has read up to.
        let seen: UInt64
        var ticksLeft: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    /// How often the log is asked.
    private static let interval = Duration.milliseconds(250)
    /// How long a poll waits: shorter than the time-outs of most clients and proxies.
    private static let ticksMax = 80

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
            return state.waiters.values.map(\.continuation)
        }
        for waiter in waiters { waiter.resume(returning: false) }
    }

    /// Returns true when there may be something new, and false when the time is over, or when a later poll of the same
    /// stream has taken the place of this one.
    func wait(_ stream: EventStreamID, seen: UInt64) async -> Bool {
        await withCheckedContinuation { continuation in
            let (displaced, mayWait) = state.withLock { state -> (Waiter?, Bool) in
                guard !state.isClosed, state.loop != nil else { return (nil, false) }
                let waiter = Waiter(seen: seen, ticksLeft: Self.ticksMax, continuation: continuation)
                return (state.waiters.updateValue(waiter, forKey: stream), true)
            }
            displaced?.continuation.resume(returning: false)
            if mayWait { tickLater() } else { continuation.resume(returning: false) }
        }
    }

    /// Lets the poll of a stream look again, because something about the stream has changed.
    func wake(_ stream: EventStreamID) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: stream) }
        waiter?.continuation.resume(returning: true)
    }

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
            for (stream, waiter) in state.waiters {
                if waiter.seen < last {
                    due.append(waiter)
                } else if waiter.ticksLeft == 0 {
                    over.append(waiter)
                } else {
                    state.waiters[stream]?.ticksLeft -= 1
                    continue
                }
                state.waiters[stream] = nil
            }
            return (due, over)
        }
        for waiter in due { waiter.continuation.resume(returning: true) }
        for waiter in over { waiter.continuation.resume(returning: false) }
        tickLater()
    }
}
