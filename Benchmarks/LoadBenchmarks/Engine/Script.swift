/// What one client does: operations of one or several requests, the next made from the last answer.
protocol Script: AnyObject {
    /// The first request of the next operation; `nil` when there is nothing more to do.
    func begin() throws -> Step?

    /// What follows an answer; `nil` when the operation has ended well. A wrong answer is thrown and ends the run.
    func take(_ answer: Answer) throws -> Step?
}

/// A request, and to whom it goes.
struct Step {
    enum Target: Int {
        case server = 0
        case provider = 1
    }

    var request: [UInt8]
    var target = Target.server

    /// A request to the server.
    init(_ request: [UInt8]) {
        self.request = request
    }

    /// A request to one of the two.
    init(_ request: [UInt8], to target: Target) {
        self.request = request
        self.target = target
    }
}
