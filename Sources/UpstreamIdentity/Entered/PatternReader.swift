/// Reads one alternative of a pattern.
struct PatternReader {
    private var bytes: ArraySlice<UInt8>

    /// The characters that mean something outside classes and must be escaped to mean themselves.
    private static let special = Set("()[]{}*+?^$|\\".utf8)

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    /// Its pieces; `nil` when it is of another language.
    mutating func pieces() -> [EnteredPattern.Piece]? {
        // The whole value is matched anyway.
        if bytes.first == UInt8(ascii: "^") { bytes.removeFirst() }
        var pieces: [EnteredPattern.Piece] = []
        while !bytes.isEmpty, !(bytes.count == 1 && bytes.first == UInt8(ascii: "$")) {
            guard let set = characters(), let (least, most) = count() else { return nil }
            pieces.append(EnteredPattern.Piece(characters: set, least: least, most: most))
        }
        return pieces
    }

    private mutating func characters() -> ASCIISet? {
        guard let byte = bytes.popFirst() else { return nil }
        switch byte {
        case UInt8(ascii: "."): return .printable
        case UInt8(ascii: "\\"): return escaped()?.set
        case UInt8(ascii: "["): return characterClass()
        default: return Self.special.contains(byte) ? nil : ASCIISet(byte...byte)
        }
    }

    /// What a backslash makes of the next character: a set, and the character if it only means itself.
    private mutating func escaped() -> (set: ASCIISet, byte: UInt8?)? {
        guard let byte = bytes.popFirst() else { return nil }
        switch byte {
        case UInt8(ascii: "d"): return (.digits, nil)
        case UInt8(ascii: "w"): return (.word, nil)
        case UInt8(ascii: "s"): return (.space, nil)
        case UInt8(ascii: "D"): return (ASCIISet.digits.inverted, nil)
        case UInt8(ascii: "W"): return (ASCIISet.word.inverted, nil)
        case UInt8(ascii: "S"): return (ASCIISet.space.inverted, nil)
        default:
            guard !ASCIISet.word.contains(byte) else { return nil }
            return (ASCIISet(byte...byte), byte)
        }
    }

    private mutating func characterClass() -> ASCIISet? {
        let isInverted = bytes.first == UInt8(ascii: "^")
        if isInverted { bytes.removeFirst() }
        var set: ASCIISet?
        while let byte = bytes.first, byte != UInt8(ascii: "]") {
            guard let (members, first) = member() else { return nil }
            var sum = set ?? ASCIISet()
            sum.formUnion(members)
            if let first, bytes.first == UInt8(ascii: "-"), bytes.dropFirst().first != UInt8(ascii: "]") {
                bytes.removeFirst()
                guard let last = member()?.byte, first <= last else { return nil }
                sum.formUnion(ASCIISet(first...last))
            }
            set = sum
        }
        guard bytes.popFirst() != nil else { return nil }
        return isInverted ? set?.inverted : set
    }

    private mutating func member() -> (set: ASCIISet, byte: UInt8?)? {
        guard let byte = bytes.popFirst() else { return nil }
        switch byte {
        case UInt8(ascii: "\\"): return escaped()
        // A class within a class, and the operators of sets, which browsers know.
        case UInt8(ascii: "["): return nil
        case UInt8(ascii: "&") where bytes.first == byte, UInt8(ascii: "~") where bytes.first == byte: return nil
        default: return (ASCIISet(byte...byte), byte)
        }
    }

    private mutating func count() -> (least: Int, most: Int?)? {
        let count: (least: Int, most: Int?)
        switch bytes.first {
        case UInt8(ascii: "?"): count = (0, 1)
        case UInt8(ascii: "*"): count = (0, nil)
        case UInt8(ascii: "+"): count = (1, nil)
        case UInt8(ascii: "{"): return range()
        default: return (1, 1)
        }
        bytes.removeFirst()
        return count
    }

    private mutating func range() -> (least: Int, most: Int?)? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "}")) else { return nil }
        let numbers = bytes[bytes.startIndex + 1..<end].split(
            separator: UInt8(ascii: ","),
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        bytes = bytes[(end + 1)...]
        guard let least = numbers.first.flatMap(Self.number) else { return nil }
        guard numbers.count == 2 else { return (least, least) }
        if numbers[1].isEmpty { return (least, nil) }
        guard let most = Self.number(numbers[1]), least <= most else { return nil }
        return (least, most)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard 1...4 ~= digits.count, digits.allSatisfy(ASCIISet.digits.contains) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
