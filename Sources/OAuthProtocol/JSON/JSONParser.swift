/// RFC 8259: The JavaScript Object Notation, read strictly.
///
/// Input that two readers could interpret differently is refused: duplicate names (RFC 8725 §3.7), invalid UTF-8, half
/// surrogate pairs, byte order marks, trailing data. ``JSONLimits`` bounds what could exhaust memory, stack or time.
package enum JSONParser {
    /// Reads a text that is one JSON value.
    ///
    /// - Throws: ``JSONError`` with the rule and the place.
    package static func parse(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        guard bytes.count <= limits.byteCount else { throw JSONError(.limitExceeded, at: limits.byteCount) }
        var reader = JSONReader(scanner: JSONScanner(bytes), limits: limits)
        return try reader.document()
    }

    /// Reads a text that is one JSON object.
    ///
    /// - Throws: ``JSONError`` with the rule and the place.
    package static func parseObject(
        _ bytes: [UInt8],
        limits: JSONLimits = JSONLimits()
    ) throws(JSONError) -> JSONObject {
        guard case .object(let object) = try parse(bytes, limits: limits) else { throw JSONError(.notAnObject, at: 0) }
        return object
    }
}

/// Builds values from a scanner's tokens, and counts what the limits bound.
struct JSONReader {
    var scanner: JSONScanner
    let limits: JSONLimits
    private var valueCount = 0

    init(scanner: JSONScanner, limits: JSONLimits) {
        self.scanner = scanner
        self.limits = limits
    }

    /// Reads the only value of the text.
    mutating func document() throws(JSONError) -> JSONValue {
        scanner.skipWhitespace()
        let value = try value(depth: 0)
        scanner.skipWhitespace()
        guard scanner.next == nil else { throw JSONError(.trailingData, at: scanner.offset) }
        return value
    }

    /// Reads a value that starts at the next byte, inside `depth` containers.
    mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        valueCount += 1
        guard valueCount <= limits.valueCount else { throw JSONError(.limitExceeded, at: scanner.offset) }
        guard let first = scanner.next else { throw scanner.unexpected() }
        switch first {
        case UInt8(ascii: "\""): return .string(try scanner.string())
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try scanner.number())
        case UInt8(ascii: "t"):
            try scanner.expect(literal: "true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try scanner.expect(literal: "false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try scanner.expect(literal: "null")
            return .null
        default: throw scanner.unexpected()
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        try open(UInt8(ascii: "["), depth: depth)
        var elements: [JSONValue] = []
        if scanner.take(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try value(depth: depth))
            scanner.skipWhitespace()
            if scanner.take(UInt8(ascii: "]")) { return elements }
            try scanner.expect(UInt8(ascii: ","))
            scanner.skipWhitespace()
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        try open(UInt8(ascii: "{"), depth: depth)
        var members: [(name: String, value: JSONValue)] = []
        var names: Set<String> = []
        if scanner.take(UInt8(ascii: "}")) { return JSONObject() }
        while true {
            let nameOffset = scanner.offset
            let name = try scanner.string()
            // RFC 8725 §3.7, D-34: one reader takes the first and another the last; neither is safe.
            let isNew =
                members.count < JSONReader.smallObjectCount
                ? !members.contains { $0.name == name } : names.insert(name).inserted
            guard isNew else { throw JSONError(.duplicateName, at: nameOffset) }
            scanner.skipWhitespace()
            try scanner.expect(UInt8(ascii: ":"))
            scanner.skipWhitespace()
            members.append((name, try value(depth: depth)))
            guard members.count <= limits.memberCount else { throw JSONError(.limitExceeded, at: nameOffset) }
            if members.count == JSONReader.smallObjectCount { names = Set(members.map(\.name)) }
            scanner.skipWhitespace()
            if scanner.take(UInt8(ascii: "}")) { return JSONObject(distinctMembers: members) }
            try scanner.expect(UInt8(ascii: ","))
            scanner.skipWhitespace()
        }
    }

    /// Up to this many members, comparing names is faster than hashing them; beyond it, comparing would take quadratic
    /// time.
    private static let smallObjectCount = 16

    private mutating func open(_ bracket: UInt8, depth: Int) throws(JSONError) {
        guard depth <= limits.depth else { throw JSONError(.limitExceeded, at: scanner.offset) }
        try scanner.expect(bracket)
        scanner.skipWhitespace()
    }
}
