import Synchronization

/// A value that the first request needs and no start does, such as a document: made once, kept from then on.
///
/// Making the documents of all endpoints took an eighth of a start.
final class PreparedOnce<Value: Sendable>: Sendable {
    private enum State {
        case due(@Sendable () -> Value)
        case made(Value)
    }

    private let state: Mutex<State>

    init(_ make: @escaping @Sendable () -> Value) {
        state = Mutex(.due(make))
    }

    /// The value; requests that come together before it is there may each make it, and get equal ones.
    var value: Value {
        let known = state.withLock { $0 }
        switch known {
        case .made(let value): return value
        case .due(let make):
            // Outside the lock, which no call may hold.
            let value = make()
            state.withLock { $0 = .made(value) }
            return value
        }
    }
}
