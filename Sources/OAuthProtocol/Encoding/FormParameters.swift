/// RFC 6749 Appendix B: `application/x-www-form-urlencoded` parameters, from a body or from a query.
///
/// Keeps every parameter in order, so that a rule can refuse repetition instead of silently taking one of them.
package struct FormParameters: Sendable {
    private let pairs: [(name: String, value: String)]

    /// Reads a body.
    ///
    /// - Throws: ``FormError`` if an escape or the UTF-8 is broken, or there are more than `maximumCount` parameters.
    package init(parsing bytes: [UInt8], maximumCount: Int = 100) throws(FormError) {
        var pairs: [(name: String, value: String)] = []
        pairs.reserveCapacity(FormParameters.usualCount)
        let text = bytes.span
        var start = 0
        while start < text.count {
            let end = text.firstIndex(of: UInt8(ascii: "&"), from: start) ?? text.count
            defer { start = end + 1 }
            guard start < end else { continue }
            // A bound on the count keeps a million empty parameters from costing memory (D-74).
            guard pairs.count < maximumCount else { throw .tooManyParameters }
            pairs.append(try FormParameters.pair(text.extracting(start..<end)))
        }
        self.pairs = pairs
    }

    /// Parameters that were received in another way.
    package init(_ pairs: [(name: String, value: String)]) {
        self.pairs = pairs
    }

    /// Reads the query of a URL, without its `?`.
    ///
    /// - Throws: ``FormError`` as for a body.
    package init(query: String, maximumCount: Int = 100) throws(FormError) {
        try self.init(parsing: Array(query.utf8), maximumCount: maximumCount)
    }

    /// The non-empty values of a parameter, in order.
    ///
    /// RFC 6749 §3.1, AZ-1: a parameter sent without a value is treated as if it were omitted.
    package func values(_ name: String) -> [String] {
        pairs.filter { !$0.value.isEmpty && $0.name.hasSameBytes(as: name) }.map(\.value)
    }

    /// The value of a parameter that must not be repeated; `nil` if it is absent or empty.
    ///
    /// - Throws: ``FormError/duplicate(_:)`` if it occurs twice, even with equal or empty values (RFC 6749 §3.1, D-9).
    package func single(_ name: String) throws(FormError) -> String? {
        var found: Int?
        for index in pairs.indices where pairs[index].name.hasSameBytes(as: name) {
            guard found == nil else { throw .duplicate(name) }
            found = index
        }
        guard let found, !pairs[found].value.isEmpty else { return nil }
        return pairs[found].value
    }

    /// The names that occur, each once, in order of first occurrence.
    package var names: [String] {
        var seen: Set<String> = []
        return pairs.map(\.name).filter { seen.insert($0).inserted }
    }

    /// The names that occur more than once, each once, in order of first occurrence.
    package var duplicatedNames: [String] {
        // A form has about five names: comparing each with the others costs less than a table.
        var duplicated: [String] = []
        for index in pairs.indices where occurs(pairs[index].name, in: index + 1..<pairs.count) {
            if !occurs(pairs[index].name, in: 0..<index) { duplicated.append(pairs[index].name) }
        }
        return duplicated
    }

    private func occurs(_ name: String, in range: Range<Int>) -> Bool {
        for index in range where pairs[index].name.hasSameBytes(as: name) { return true }
        return false
    }

    /// Space for the parameters of nearly every request.
    private static let usualCount = 8

    /// The text of parameters for a body or a query, spaces as `%20`.
    package static func serialize(_ parameters: [(String, String)]) -> String {
        var output: [UInt8] = []
        for (name, value) in parameters {
            if !output.isEmpty { output.append(UInt8(ascii: "&")) }
            PercentEncoding.append(name, to: &output)
            output.append(UInt8(ascii: "="))
            PercentEncoding.append(value, to: &output)
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func pair(_ bytes: Span<UInt8>) throws(FormError) -> (name: String, value: String) {
        let equals = bytes.firstIndex(of: UInt8(ascii: "="), from: 0) ?? bytes.count
        let valueStart = min(equals + 1, bytes.count)
        guard let name = PercentEncoding.decode(bytes.extracting(0..<equals), plusIsSpace: true),
            let value = PercentEncoding.decode(bytes.extracting(valueStart..<bytes.count), plusIsSpace: true)
        else { throw .malformed }
        return (name, value)
    }
}
