import Foundation
import Testing

/// A regular expression over a whole text, written as a literal in a test.
struct Pattern: ExpressibleByStringLiteral, Sendable {
    private let expression: NSRegularExpression?

    /// One match: its line, counted from 1, and what its groups caught.
    struct Match {
        let line: Int
        let groups: [String]
    }

    init(stringLiteral pattern: String) {
        self.init(pattern)
    }

    init(_ pattern: String) {
        do {
            expression = try NSRegularExpression(pattern: pattern, options: [.anchorsMatchLines])
        } catch {
            expression = nil
            Issue.record("not a regular expression: \(pattern)")
        }
    }

    /// The matches in their order.
    func matches(in text: String) -> [Match] {
        guard let expression else { return [] }
        let source = text as NSString
        let results = expression.matches(in: text, range: NSRange(location: 0, length: source.length))
        var (line, position) = (1, 0)
        return results.map { result in
            let gap = NSRange(location: position, length: result.range.location - position)
            line += source.substring(with: gap).utf8.count { $0 == UInt8(ascii: "\n") }
            position = result.range.location
            let groups = (0..<result.numberOfRanges).map(result.range(at:)).map { range in
                range.location == NSNotFound ? "" : source.substring(with: range)
            }
            return Match(line: line, groups: groups)
        }
    }

    /// Whether there is a match.
    func matches(_ text: String) -> Bool {
        !matches(in: text).isEmpty
    }
}
