import Foundations
import SocketHTTP

/// Reports to the service manager that the event loops answer, while they do.
struct ServiceManagerWatch: Sendable {
    let manager: ServiceManager
    /// How long the manager waits for a sign of life.
    let interval: Duration
    let eventLoops: [EventLoop]

    /// Reports twice in each interval until it is cancelled.
    ///
    /// A loop that is stuck keeps the report from being sent: the manager then ends the process and starts another.
    func watch() async {
        while !Task.isCancelled {
            for loop in eventLoops { await Self.answer(of: loop) }
            manager.report(.alive)
            // Cancelled at the shutdown, which ends the loop.
            try? await Task.sleep(for: interval / 2)
        }
    }

    private static func answer(of loop: EventLoop) async {
        await withCheckedContinuation { continuation in
            loop.submit { continuation.resume() }
        }
    }
}
