/// The behaviour of one client: operations of one or several requests, the next made from the last answer.
protocol Script: AnyObject {
    /// The first request of the next operation; `nil` when there are no more.
    func begin() throws -> Step?

    /// The request after an answer; `nil` when the operation has succeeded. A wrong answer is thrown and ends the run.
    func take(_ answer: Answer) throws -> Step?
}

/// A request and its destination.
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
