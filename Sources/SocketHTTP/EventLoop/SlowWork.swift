/// The tasks of a loop that wait to do slow work, and how much of it the present turn still has room for.
///
/// A first flight of TLS costs some 0.3 ms for the key exchange and the signature. Of a thousand that arrive together,
/// all would otherwise be answered before the next request.
@safe struct SlowWork {
    /// The most pieces of slow work in one turn.
    static let countPerTurn = 2
    private static let resumedCountMax = 1024

    private var waiting: [UnsafeContinuation<Void, Never>] = unsafe []
    /// How many of `waiting` have been resumed.
    private var resumedCount = 0
    private var room = SlowWork.countPerTurn

    /// Whether no task waits.
    var isEmpty: Bool { unsafe resumedCount == waiting.count }

    /// Takes room of this turn; false when there is none, or other tasks wait for it.
    mutating func take() -> Bool {
        guard isEmpty, room > 0 else { return false }
        room -= 1
        return true
    }

    /// Adds a task that waits for room.
    mutating func append(_ task: UnsafeContinuation<Void, Never>) {
        unsafe waiting.append(task)
    }

    /// Gives a new turn's room to the tasks that have waited longest.
    mutating func beginTurn() {
        room = Self.countPerTurn
        guard !isEmpty else { return }
        while room > 0, !isEmpty {
            room -= 1
            unsafe waiting[resumedCount].resume()
            resumedCount += 1
        }
        // The array must not grow while it never becomes empty.
        guard isEmpty || resumedCount == Self.resumedCountMax else { return }
        unsafe waiting.removeFirst(resumedCount)
        resumedCount = 0
    }
}
