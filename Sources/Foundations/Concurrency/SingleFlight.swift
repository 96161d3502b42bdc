import Synchronization

/// Runs an operation once at a time for each key: callers that come while one runs wait for it and get its result.
///
/// The operation has a task of its own, because it serves all callers: a caller that goes away must fail neither the
/// others nor what the operation has begun.
package final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// Starts the task of an operation; `nil` when no more may be started, because the server is shutting down.
    package typealias Start = @Sendable (_ operation: @escaping @Sendable () async -> Value) -> Task<Value, Never>?

    private let underWay = Mutex<[Key: Task<Value, Never>]>([:])
    private let start: Start

    /// No operation is in progress; what `start` starts, its owner bounds and settles at a shutdown.
    package init(start: @escaping Start) {
        self.start = start
    }

    /// For operations that something else bounds, such as a transport's timeout, and whose result may be lost.
    package convenience init() {
        self.init { operation in Task.detached { await operation() } }
    }

    /// How many operations are in progress.
    package var count: Int { underWay.withLock { $0.count } }

    /// The operation that is in progress for the key.
    package func task(for key: Key) -> Task<Value, Never>? { underWay.withLock { $0[key] } }

    /// The operation that is in progress for the key, or else this one, which is started.
    ///
    /// A caller that decided by some state to run an operation that changes this state examines it again inside the
    /// operation: another one may have ended between the decision and the call.
    ///
    /// - Parameters:
    ///   - key: What the operation is about.
    ///   - operation: What to run; it must not call this function for the same key and wait for the result.
    /// - Returns: Its task; `nil` when no more may be started.
    package func task(
        for key: Key,
        _ operation: @escaping @Sendable () async -> Value
    ) -> Task<Value, Never>? {
        underWay.withLock { table in
            if let running = table[key] { return running }
            let task = start { [self] in
                let value = await operation()
                underWay.withLock { $0[key] = nil }
                return value
            }
            table[key] = task
            return task
        }
    }
}

/// The key of a single flight that has one operation only.
package enum OnlyKey: Hashable, Sendable {
    /// That operation.
    case only
}
