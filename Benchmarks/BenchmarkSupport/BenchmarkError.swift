/// Why a benchmark cannot run, or what answered wrongly: a figure over errors would be worth nothing.
package struct BenchmarkError: Error, CustomStringConvertible {
    package let description: String

    /// An error with its reason.
    package init(_ description: String) {
        self.description = description
    }
}
