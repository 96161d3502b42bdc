/// A JSON number kept as it was written, so that no identifier of a provider's user loses digits in a float.
package struct JSONNumber: Sendable, Hashable {
    /// The exact source text, which is a number by the grammar of RFC 8259 §6.
    package let text: String

    /// Makes a number from an integer.
    package init(_ integer: Int) {
        text = String(integer)
    }

    /// Takes text that the scanner has already matched against the grammar.
    init(scanned text: String) {
        self.text = text
    }

    /// The value if it is written as a plain integer that fits; `1.0` and `1e3` are not.
    package var integer: Int? { Int(text) }
}
