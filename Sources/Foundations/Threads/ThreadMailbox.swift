import Synchronization

/// What other threads post to an ``OwnThread`` that sleeps in a system call, and the orderly end of that thread.
///
/// The thread takes the messages of each turn until ``takeMessages()`` says that it must stop, and then closes the
/// mailbox. What wakes the thread is its owner's: it is called under the lock while the mailbox is open, and the thread
/// frees what it sleeps in only in ``close(_:)``, so that nothing is woken that was freed.
package final class ThreadMailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages: [Message] = []
        /// While true, what the thread sleeps in exists, and messages are read.
        var isOpen = true
        var isStopping = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let thread = Mutex<OwnThread?>(nil)

    /// A mailbox whose thread was not started.
    package init() {}

    /// Starts the thread: whether the system had one to give.
    package func start(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        // Without a thread there is no loop, whatever the reason.
        guard let started = try? OwnThread(name: name, body) else { return false }
        thread.withLock { $0 = started }
        return true
    }

    /// Posts a message to the thread: false when it comes too late, and will not be read.
    package func post(_ message: Message, wakeUp: () -> Void) -> Bool {
        state.withLock { state in
            guard state.isOpen, !state.isStopping else { return false }
            state.messages.append(message)
            wakeUp()
            return true
        }
    }

    /// Asks the thread to end, and waits until it has ended.
    package func shutdown(wakeUp: () -> Void) async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                guard state.isOpen else { return true }
                state.waiters.append(continuation)
                state.isStopping = true
                wakeUp()
                return false
            }
            if hasEnded { continuation.resume() }
        }
        // The thread's last act was to wake this caller, so the join does not block.
        thread.withLock { $0.take() }?.join()
    }

    /// Lets the thread end unobserved, because no caller is left to wait for it.
    package func abandon(wakeUp: () -> Void) {
        state.withLock { state in
            state.isStopping = true
            if state.isOpen { wakeUp() }
        }
        thread.withLock { $0.take() }?.detach()
    }

    /// On the thread: the messages since the last call, or nil when it must end.
    package func takeMessages() -> [Message]? {
        state.withLock { state in
            if state.isStopping { return nil }
            defer { state.messages = [] }
            return state.messages
        }
    }

    /// On the thread, as its last act: refuses what was not read, frees what it slept in, and wakes who waits.
    package func close(_ free: ([Message]) -> Void) {
        let (leftover, waiters) = state.withLock { state in
            state.isOpen = false
            defer { (state.messages, state.waiters) = ([], []) }
            return (state.messages, state.waiters)
        }
        free(leftover)
        for waiter in waiters { waiter.resume() }
    }
}
