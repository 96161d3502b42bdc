internal import CCurl
import Glibc

/// A thread of the operating system, for work that blocks and so must not occupy a thread of the task pool.
@safe struct NativeThread: Sendable {
    private final class Body {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    private let handle: pthread_t

    /// Starts a thread, or returns nil when the system cannot create one.
    ///
    /// It must be joined or detached, exactly once.
    init?(name: String, _ run: @escaping @Sendable () -> Void) {
        var handle = pthread_t()
        let body = unsafe Unmanaged.passRetained(Body(name: name, run: run))
        let status = unsafe pthread_create(&handle, nil, { unsafe NativeThread.main($0) }, body.toOpaque())
        guard status == 0 else {
            unsafe body.release()
            return nil
        }
        self.handle = handle
    }

    /// Waits until it ends.
    func join() { pthread_join(handle, nil) }

    /// Lets it end unobserved.
    func detach() { pthread_detach(handle) }

    private static func main(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context = unsafe context else { return nil }
        let body = unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        // Signals are handled on the host's own threads; a peer that closes must not end the process (SIGPIPE).
        var everySignal = sigset_t()
        unsafe sigfillset(&everySignal)
        unsafe pthread_sigmask(SIG_BLOCK, &everySignal, nil)
        unsafe gatehouse_name_thread(body.name)
        body.run()
        return nil
    }
}
