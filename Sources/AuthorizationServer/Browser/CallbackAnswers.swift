import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP
import Synchronization

/// The answers to callbacks that were taken a moment ago: a browser that loads one twice gets the same answer.
///
/// Browsers do so by themselves, on a double click, or when a page is restored. The first load has used up the login,
/// and the browser shows only the answer to the second. Nothing is redeemed twice: the second load waits for the first.
///
/// An answer is found only by the browser that got it: the key contains the secret in its cookie. Bounded in time and
/// number; beyond the number the second load is refused, as any replay is.
final class CallbackAnswers: Sendable {
    /// How long an answer is kept after it was given.
    static let lifetime: Duration = .seconds(30)

    /// The result of processing a callback.
    struct Outcome: Sendable {
        /// The answer.
        let response: Response
        /// Whether the login was taken; a refusal that used up nothing is not kept.
        let isFinal: Bool
    }

    private struct Entry {
        let task: Task<Outcome, Never>
        /// `nil` while the callback is processed.
        var expiry: Timestamp?
    }

    private struct State {
        var entries: [SHA256Digest: Entry] = [:]
        /// The keys of finished entries with their expiries, oldest first.
        var finished: [(key: SHA256Digest, expiry: Timestamp)] = []
    }

    private let countMax: Int
    private let work: BackgroundWork
    private let state = Mutex(State())

    /// No answers yet.
    init(work: BackgroundWork, countMax: Int = 4096) {
        self.work = work
        self.countMax = countMax
    }

    /// How many answers are kept or in progress.
    var count: Int { state.withLock(\.entries.count) }

    /// The answer to a callback: the one that this browser got for it a moment ago, or a new one.
    ///
    /// A callback in progress goes on although its browser has closed the connection: the code has been sent to the
    /// provider and cannot be sent again, and the browser may be the one that now asks a second time.
    ///
    /// - Parameters:
    ///   - key: The answer's parameters together with the secrets in the browser's cookies.
    ///   - now: The time of the request.
    ///   - process: Takes the callback.
    /// - Returns: The answer, the same for each repetition.
    func answer(
        _ key: SHA256Digest,
        now: Timestamp,
        _ process: @escaping @Sendable () async -> Outcome
    ) async -> Response {
        let task: Task<Outcome, Never>? = state.withLock { state in
            Self.expire(&state, now: now)
            if let entry = state.entries[key] { return entry.task }
            guard state.entries.count < countMax else { return nil }
            // Work has none of the values that are bound to the request's task.
            let language = PageLanguage.current
            let started = work.start(.finishes) { [self] in
                let outcome = await PageLanguage.$current.withValue(language) { await process() }
                finish(key, outcome, now: now)
                return outcome
            }
            if let started { state.entries[key] = Entry(task: started) }
            return started
        }
        // At the bound, or while the server shuts down.
        guard let task else { return await process().response }
        return await task.value.response
    }

    private func finish(_ key: SHA256Digest, _ outcome: Outcome, now: Timestamp) {
        state.withLock { state in
            guard outcome.isFinal else {
                state.entries[key] = nil
                return
            }
            let expiry = now + Self.lifetime
            state.entries[key]?.expiry = expiry
            state.finished.append((key, expiry))
        }
    }

    // A clock that is set back lengthens an answer's time; the code in it expires by itself.
    private static func expire(_ state: inout State, now: Timestamp) {
        let count = state.finished.prefix { $0.expiry <= now }.count
        guard count > 0 else { return }
        for (key, _) in state.finished.prefix(count) { state.entries[key] = nil }
        state.finished.removeFirst(count)
    }
}
