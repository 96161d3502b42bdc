import Glibc

/// Ends this process when the one that started it has ended, so that a killed test run leaves no server behind.
struct ParentWatch: Sendable {
    /// The process that started this one.
    private let parent = getppid()

    /// Looks five times a second until the parent is another process, then sends SIGTERM to this one, or until it is
    /// cancelled.
    func watch() async {
        while !Task.isCancelled {
            guard getppid() == parent else {
                kill(getpid(), SIGTERM)
                return
            }
            // Cancelled at the shutdown, which ends the loop.
            try? await Task.sleep(for: .milliseconds(200))
        }
    }
}
