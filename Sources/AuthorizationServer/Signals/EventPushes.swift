import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP
import Synchronization

/// RFC 8935: pushes security events to the receivers that want them so, each stream from one process at a time.
///
/// A receiver that fails is asked again, later each time, and its stream is paused when it has failed
/// ``failureCountMax`` times in a row; what ends in the meantime is kept as long as it matters.
package final class EventPushes: Sendable {
    /// What the current configuration says about receivers, and where its requests wait.
    struct Source: Sendable {
        let receivers: EventReceivers
        let delivery: EventDelivery
        let waits: EventWaits
    }

    private struct State {
        var source: Source?
        var streams = PushedStreams()
        var isStopped = false
    }

    /// Sends the events.
    let pusher: EventPusher
    private let store: Stores.Signals
    private let timeSource: any TimeSource
    private let random: any RandomSource
    private let instruments: Instruments
    private let work: BackgroundWork
    private let turns: SerialTurns
    private let holder: LeaseHolder
    private let state = Mutex(State())

    /// How often it looks for something to push.
    private static let interval = Duration.milliseconds(500)
    /// The most streams that one process pushes.
    static let streamCountMax = 4096
    /// How often in a row a receiver may fail before its stream is paused: about five hours.
    package static let failureCountMax = 40
    /// The longest time between two attempts.
    package static let retryIntervalMax = Duration.seconds(600)

    init(
        store: Stores.Signals,
        pusher: EventPusher,
        timeSource: any TimeSource,
        random: any RandomSource,
        instruments: Instruments,
        work: BackgroundWork
    ) {
        self.store = store
        self.pusher = pusher
        self.timeSource = timeSource
        self.random = random
        self.instruments = instruments
        self.work = work
        turns = SerialTurns(work: work)
        holder = LeaseHolder(random: random)
    }

    /// Pushes for the receivers of a configuration from now on; with `nil` for none.
    func serve(_ source: Source?) {
        state.withLock { $0.source = source }
    }

    /// Looks regularly for something to push, by the timer of an event loop.
    func start(on loop: EventLoop) {
        loop.schedule(after: Self.interval) { [weak self] in
            guard let self, !self.state.withLock(\.isStopped) else { return }
            turns.startIfIdle { await self.turn() }
            start(on: loop)
        }
    }

    /// Begins no more; a request in flight is cancelled with all background work.
    func stop() {
        state.withLock { $0.isStopped = true }
        turns.stop()
    }

    /// Pushes what is due and waits for the answers, for tests that move the time.
    func performDue() async {
        await turns.run { await self.turn() }
        let tasks = state.withLock { $0.streams.entries.values.compactMap(\.task) }
        for task in tasks { await task.value }
    }

    private func turn() async {
        guard let source = state.withLock({ $0.isStopped ? nil : $0.source }) else { return }
        let now = timeSource.now()
        let changeCount = source.waits.changeCount
        if state.withLock({ $0.streams.needsTaking(changeCount, now: now) }) {
            // While the store fails nothing is pushed; the next turn asks again.
            guard
                let taken = try? await store.streams.takePushed(by: holder, now: now, limit: Self.streamCountMax)
            else { return }
            state.withLock { $0.streams.take(taken, changeCount: changeCount, now: now) }
        }
        guard state.withLock({ !$0.streams.entries.isEmpty }) else { return }
        // The same; the number is read before the streams are, so that no ending between the two is overlooked.
        guard let last = try? await store.endings.lastEnding() else { return }
        state.withLock { state in
            guard !state.isStopped else { return }
            state.streams.start(last: last, now: now) { stream in
                work.start(.isCancelled) { [self] in await deliver(stream, source, last: last) }
            }
        }
    }

    private func deliver(_ stream: EventStream, _ source: Source, last: UInt64) async {
        // A resource server that was removed from the configuration receives nothing.
        guard let receiver = source.receivers.receiver(stream.clientID) else {
            return end(stream.id) { ($0.needsLook, $0.seen) = (false, last) }
        }
        let turn = EventPushTurn(
            delivery: source.delivery,
            receiver: receiver,
            pusher: pusher,
            timeSource: timeSource,
            instruments: instruments,
            holds: { [self] stream, now in state.withLock { $0.streams.holds(stream, now) } }
        )
        do throws(OAuthError) {
            switch try await turn.run(stream.id) {
            case .done(let reached, let hasDelivered):
                end(stream.id) { entry in
                    (entry.needsLook, entry.seen, entry.retryAt) = (false, max(reached, last), nil)
                    // What no longer matters is not sent: that says nothing about the receiver.
                    if hasDelivered { entry.failureCount = 0 }
                }
            case .gone: end(stream.id) { $0.isGone = true }
            case .interrupted: end(stream.id) { $0.needsLook = true }
            case .failed(let stream, let reason, let afterSuccess):
                await fail(stream, reason, afterSuccess: afterSuccess, source)
            case .unusable(let stream, let reason): await pause(stream, reason, source)
            }
        } catch {
            // The store fails; the next turn tries again.
            end(stream.id) { $0.needsLook = true }
        }
    }

    private func end(_ id: EventStreamID, _ change: (inout PushedStreams.Entry) -> Void) {
        state.withLock { $0.streams.end(id, change) }
    }

    private func fail(_ stream: EventStream, _ reason: String, afterSuccess: Bool, _ source: Source) async {
        let count = state.withLock { state in
            afterSuccess ? 1 : (state.streams.entries[stream.id]?.failureCount ?? 0) + 1
        }
        guard count < Self.failureCountMax else { return await pause(stream, reason, source) }
        let retryAt = timeSource.now() + delay(afterFailures: count)
        end(stream.id) { entry in
            (entry.failureCount, entry.retryAt) = (count, retryAt)
        }
    }

    /// Twice as long each time, and up to half of it left out by chance: receivers that failed together are not asked
    /// together.
    private func delay(afterFailures count: Int) -> Duration {
        let full = min(Duration.seconds(1 << min(count - 1, 16)), Self.retryIntervalMax)
        let share = random.bytes(2).reduce(0) { $0 << 8 | Int($1) }
        return full / 2 + full * share / (1 << 17)
    }

    private func pause(_ stream: EventStream, _ reason: String, _ source: Source) async {
        let isPaused: Bool
        do throws(StoreError) {
            isPaused = try await store.streams.pausePushed(stream, reason: reason).outcome
        } catch {
            return end(stream.id) { $0.needsLook = true }
        }
        if isPaused {
            let now = timeSource.now()
            instruments.metrics.eventPush(result: "paused")
            await instruments.audit.waitForRoom()
            instruments.audit.record(.eventStreamPaused(stream, reason: reason), now: now)
            // SSF 1.0 §8.1.5: the receiver must learn of it. Once: what is sent later says it again, by coming.
            let notice = SecurityEvent(pauseOf: stream, reason: reason, now: now)
            if let push = stream.push,
                // The stream is paused, whether its receiver learns of it or not.
                let token = try? source.delivery.signed(notice, for: stream.clientID, now: now)
            {
                _ = await pusher.push(token, to: push, of: stream.id)
            }
        }
        end(stream.id) { $0.isGone = true }
    }
}
