import Glibc

/// Work that blocks, on a thread of its own: never on an event loop and never on the pool that tasks share.
enum OwnThread {
    private final class Work {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a thread that runs the work and ends.
    static func start(_ work: @escaping @Sendable () -> Void) throws(FileSystemError) {
        let box = unsafe Unmanaged.passRetained(Work(work))
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

    /// Runs the work on a thread of its own and returns what it returns, without holding the caller's thread.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async throws(FileSystemError) -> Value {
        let result: Result<Value, FileSystemError> = await withCheckedContinuation { continuation in
            do throws(FileSystemError) {
                try start { continuation.resume(returning: .success(work())) }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }
}
