/// Why a benchmark cannot run, or which answer was wrong: figures that include errors would be worthless.
package struct BenchmarkError: Error, CustomStringConvertible {
    package let description: String

    /// An error with its reason.
    package init(_ description: String) {
        self.description = description
    }
}
