internal import CLinux
import Glibc

/// A thread of the operating system for work that blocks: such work must hold neither an event loop nor a thread of the
/// pool that tasks share.
///
/// Signals are left to the host's own threads, which also keeps a peer that closes from ending the process (SIGPIPE). A
/// fault of the thread itself (SIGSEGV, SIGTRAP and the like) is not held back, so that a crash is reported.
@safe package struct OwnThread: Sendable {
    /// How a thread competes with the threads that answer requests.
    package enum Urgency: Sendable {
        /// A caller waits for the thread.
        case ordinary
        /// No caller waits for the thread: it takes the processor time that others leave.
        ///
        /// A thread that answers a request gets a core at once when it wakes. While all cores stay busy, a background
        /// thread gets some hundredths of a core, so that it still finishes.
        case background

        /// Linux: the niceness of the calling thread alone.
        fileprivate func takeEffect() {
            guard case .background = self else { return }
            // If this is refused the thread keeps its urgency: answers are slower, and nothing is wrong.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
        }

        private static let niceness: Int32 = 15
    }

    /// The system has no thread to give.
    package struct Refusal: Error, Equatable, Sendable {
        /// The error number that `pthread_create` returned.
        package let code: Int32
    }

    private final class Body {
        let name: String
        let urgency: Urgency
        let run: @Sendable () -> Void

        init(name: String, urgency: Urgency, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.urgency = urgency
            self.run = run
        }
    }

    private let handle: pthread_t

    /// Starts a thread that runs the work and ends.
    ///
    /// It must be joined or detached, once.
    ///
    /// - Parameters:
    ///   - name: What the system's tools call it; they see the first 15 bytes.
    ///   - urgency: How it competes with the threads that answer requests.
    ///   - work: What it does.
    /// - Throws: ``Refusal`` when the system cannot create a thread.
    package init(
        name: String,
        urgency: Urgency = .ordinary,
        _ work: @escaping @Sendable () -> Void
    ) throws(Refusal) {
        var handle = pthread_t()
        let body = unsafe Unmanaged.passRetained(Body(name: name, urgency: urgency, run: work))
        let code = unsafe pthread_create(&handle, nil, { unsafe OwnThread.main($0) }, body.toOpaque())
        guard code == 0 else {
            unsafe body.release()
            throw Refusal(code: code)
        }
        self.handle = handle
    }

    /// Waits for the thread's end; blocks the caller.
    package func join() { pthread_join(handle, nil) }

    /// Lets the thread end on its own.
    package func detach() { pthread_detach(handle) }

    /// Runs the work on a thread of its own and returns what it returns, without holding the caller's thread.
    package static func run<Value: Sendable>(
        name: String,
        urgency: Urgency = .ordinary,
        _ work: @escaping @Sendable () -> Value
    ) async throws(Refusal) -> Value {
        let result: Result<Value, Refusal> = await withCheckedContinuation { continuation in
            do throws(Refusal) {
                try OwnThread(name: name, urgency: urgency) { continuation.resume(returning: .success(work())) }
                    .detach()
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }

    private static func main(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context = unsafe context else { return nil }
        let body = unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        blockSignals()
        // Linux refuses a longer name instead of cutting it.
        unsafe gatehouse_set_thread_name(pthread_self(), String(decoding: body.name.utf8.prefix(15), as: UTF8.self))
        body.urgency.takeEffect()
        body.run()
        return nil
    }

    // Set whole: a thread inherits the mask of the thread that started it.
    private static func blockSignals() {
        var signals = sigset_t()
        unsafe sigfillset(&signals)
        for fault in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { unsafe sigdelset(&signals, fault) }
        unsafe pthread_sigmask(SIG_SETMASK, &signals, nil)
    }
}
