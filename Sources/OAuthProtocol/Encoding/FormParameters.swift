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
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "&")) ?? bytes.count
            defer { start = end + 1 }
            guard start < end else { continue }
            // A bound on the count keeps a million empty parameters from costing memory (D-74).
            guard pairs.count < maximumCount else { throw .tooManyParameters }
            pairs.append(try FormParameters.pair(bytes[start..<end]))
        }
        self.pairs = pairs
    }

    /// Reads the query of a URL, without its `?`.
    ///
    /// - Throws: ``FormError`` as for a body.
    package init(query: String, maximumCount: Int = 100) throws(FormError) {
        try self.init(parsing: Array(query.utf8), maximumCount: maximumCount)
    }

    /// The values of a parameter in order, without empty ones.
    ///
    /// RFC 6749 §3.1, AZ-1: a parameter sent without a value is treated as if it were omitted.
    package func values(_ name: String) -> [String] {
        pairs.filter { !$0.value.isEmpty && $0.name.hasSameBytes(as: name) }.map(\.value)
    }

    /// The value of a parameter that must not be repeated; `nil` if it is absent or empty.
    ///
    /// - Throws: ``FormError/duplicate(_:)`` if it occurs twice, even with equal or empty values (RFC 6749 §3.1, D-9).
    package func single(_ name: String) throws(FormError) -> String? {
        var found: String?
        for pair in pairs where pair.name.hasSameBytes(as: name) {
            guard found == nil else { throw .duplicate(name) }
            found = pair.value
        }
        guard let found, !found.isEmpty else { return nil }
        return found
    }

    /// The names that occur, each once, in order of their first occurrence.
    package var names: [String] {
        var seen: Set<String> = []
        return pairs.map(\.name).filter { seen.insert($0).inserted }
    }

    /// The names that occur more than once.
    package var duplicatedNames: [String] {
        var counts: [String: Int] = [:]
        for pair in pairs { counts[pair.name, default: 0] += 1 }
        return names.filter { counts[$0, default: 0] > 1 }
    }

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

    private static func pair(_ bytes: ArraySlice<UInt8>) throws(FormError) -> (name: String, value: String) {
        let equals = bytes.firstIndex(of: UInt8(ascii: "=")) ?? bytes.endIndex
        guard let name = PercentEncoding.decode(bytes[..<equals], plusIsSpace: true),
            let value = PercentEncoding.decode(bytes[equals...].dropFirst(), plusIsSpace: true)
        else { throw .malformed }
        return (name, value)
    }
}
