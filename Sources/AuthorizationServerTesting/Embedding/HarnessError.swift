/// A test asked the harness for something that does not exist or would prove nothing; the description says what to
/// write instead.
public struct HarnessError: Error, Hashable, CustomStringConvertible {
    /// What is wrong, and the remedy.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
