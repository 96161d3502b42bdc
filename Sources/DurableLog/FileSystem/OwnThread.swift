import Glibc

/// Runs blocking work on a thread of its own: never on an event loop, never on the pool that tasks share.
enum OwnThread {
    private final class Work {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// The priority of a thread beside those that answer requests.
    enum Urgency {
        /// A caller waits for it.
        case ordinary
        /// No caller waits for it: it takes the processor time that the others leave.
        ///
        /// A thread that answers a request gets the core at once when it wakes. While all cores stay busy, this one
        /// gets some hundredths of a core, so that it still finishes.
        case background

        /// Linux: the niceness of the calling thread only.
        fileprivate func takeEffect() {
            guard case .background = self else { return }
            // If refused, the thread keeps its priority: answers are slower for a while, and nothing else happens.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
        }

        private static let niceness: Int32 = 15
    }

    /// Starts a thread that runs the work and ends.
    static func start(urgency: Urgency = .ordinary, _ work: @escaping @Sendable () -> Void) throws(FileSystemError) {
        let box = unsafe Unmanaged.passRetained(
            Work {
                urgency.takeEffect()
                work()
            }
        )
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            },
            box.toOpaque()
        )
        guard code == 0 else {
            unsafe box.release()
            throw FileSystemError(operation: "pthread_create", path: "", code: code)
        }
        pthread_detach(thread)
    }

    /// Runs the work on a thread of its own and returns its result, without blocking the caller's thread.
    static func run<Value: Sendable>(
        urgency: Urgency = .ordinary,
        _ work: @escaping @Sendable () -> Value
    ) async throws(FileSystemError) -> Value {
        let result: Result<Value, FileSystemError> = await withCheckedContinuation { continuation in
            do throws(FileSystemError) {
                try start(urgency: urgency) { continuation.resume(returning: .success(work())) }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }
}
