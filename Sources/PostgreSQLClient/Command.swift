/// A statement with the values of its parameters.
package struct Command: Sendable {
    /// Distinguishes the statement from every other of this process; each connection prepares it once.
    ///
    /// Nil for a statement that is not kept.
    let number: Int?
    /// The statement's text, with parameters `$1` ….
    let text: String
    let parameters: [Value]

    /// A use of the statement with this number and text; nil for a statement that is not kept.
    package init(number: Int?, text: String, parameters: [Value]) {
        self.number = number
        self.text = text
        self.parameters = parameters
    }
}

/// Commands on their way from the waiting task to the loop's thread: one transaction.
struct Submission: Sendable {
    typealias Outcome = Result<[[[Value]]], DatabaseError>

    let commands: [Command]
    /// When the task is answered in any case.
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<Outcome, Never>
    /// How often another transaction got in the way.
    var conflictCount = 0
}
