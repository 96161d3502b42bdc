/// Work that several threads do at once, and whose results are taken in the order in which it was given.
struct OrderedWork<Result: Sendable> {
    private var tasks: [(weight: Int, task: Task<Result, any Error>)] = []
    private var weight = 0
    private let weightMax: Int

    /// Nothing to do yet; results of so much weight may wait, by whatever measure.
    init(weightMax: Int) {
        self.weightMax = weightMax
    }

    /// Whether more may be given before a result is taken.
    var hasRoom: Bool { weight < weightMax }

    /// Gives work, which must end by itself.
    mutating func add(weight: Int, _ work: @escaping @Sendable () throws -> Result) {
        // By hand, because a task group yields results in the order of their ends. The task computes and waits for
        // nothing: when an error leaves its result untaken, it ends by itself.
        tasks.append((weight, Task { @concurrent in try work() }))
        self.weight += weight
    }

    /// The next result; nil when nothing is left.
    mutating func next() async throws -> Result? {
        guard !tasks.isEmpty else { return nil }
        let first = tasks.removeFirst()
        weight -= first.weight
        return try await first.task.value
    }
}
