internal import CCurl
import Glibc

/// A thread of the operating system, for work that blocks and so must not hold a thread of the task pool.
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

    /// Starts a thread, or gives nil when the system has none to give.
    ///
    /// It must be joined or detached, once.
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

    /// Waits for its end.
    func join() { pthread_join(handle, nil) }

    /// Lets it end on its own.
    func detach() { pthread_detach(handle) }

    private static func main(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context = unsafe context else { return nil }
        let body = unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        // Signals are the host's to handle, on its own threads; a peer that closes must not end the process (SIGPIPE).
        var everySignal = sigset_t()
        unsafe sigfillset(&everySignal)
        unsafe pthread_sigmask(SIG_BLOCK, &everySignal, nil)
        unsafe gatehouse_name_thread(body.name)
        body.run()
        return nil
    }
}
