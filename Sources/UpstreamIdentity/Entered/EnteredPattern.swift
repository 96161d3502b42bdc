/// What an entered value must look like: a part of the language of regular expressions that needs no backtracking.
///
/// Users and strangers choose the values, which are matched on an event loop. The time is bounded by the product of the
/// lengths of pattern and value, whatever they say. Browsers read the same text in the `pattern` of an input, and agree
/// on its meaning.
package struct EnteredPattern: Hashable, Sendable {
    /// Characters of one kind, and how many of them.
    struct Piece: Hashable {
        let characters: ASCIISet
        let least: Int
        let most: Int?
    }

    private let alternatives: [[Piece]]

    /// The longest pattern, in bytes.
    package static let byteCountMax = 256

    /// Reads a pattern: characters, `.`, `\d`, `\w`, `\s` and classes, each with an optional count, in alternatives.
    ///
    /// - Returns: `nil` for everything else, such as groups, references and assertions.
    package init?(_ text: String) {
        guard 1...Self.byteCountMax ~= text.utf8.count, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            return nil
        }
        var alternatives: [[Piece]] = []
        for part in Self.parts(Array(text.utf8)) {
            var reader = PatternReader(part)
            guard let pieces = reader.pieces() else { return nil }
            alternatives.append(pieces)
        }
        self.alternatives = alternatives
    }

    /// Splits at each `|` that is neither escaped nor in a class.
    private static func parts(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var (start, index, isInClass) = (0, 0, false)
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\"): index += 1
            case UInt8(ascii: "["): isInClass = true
            case UInt8(ascii: "]"): isInClass = false
            case UInt8(ascii: "|") where !isInClass:
                parts.append(bytes[start..<index])
                start = index + 1
            default: break
            }
            index += 1
        }
        return parts + [bytes[start...]]
    }

    /// Whether a text matches as a whole.
    package func matches(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return alternatives.contains { pieces in
            var reached = [true] + [Bool](repeating: false, count: bytes.count)
            for piece in pieces { reached = Self.places(after: piece, from: reached, in: bytes) }
            return reached[bytes.count]
        }
    }

    /// The places in a text that a piece can end at, when it begins at one of some places.
    private static func places(after piece: Piece, from reached: [Bool], in bytes: [UInt8]) -> [Bool] {
        // How many of the places before each place are reached: so a range of places is looked at in one step.
        var sums = [0]
        sums.reserveCapacity(reached.count + 1)
        for (index, isReached) in reached.enumerated() { sums.append(sums[index] + (isReached ? 1 : 0)) }
        var places = [Bool](repeating: false, count: reached.count)
        var run = 0
        for end in reached.indices {
            if end > 0 { run = piece.characters.contains(bytes[end - 1]) ? run + 1 : 0 }
            let most = min(run, piece.most ?? run)
            guard piece.least <= most else { continue }
            places[end] = sums[end - piece.least + 1] > sums[end - most]
        }
        return places
    }
}
