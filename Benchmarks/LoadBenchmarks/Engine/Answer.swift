import BenchmarkSupport
import Glibc

/// A complete answer, examined where it was received: the load must cost less than the server.
struct Answer {
    let status: Int
    private let bytes: [UInt8]
    private let headEnd: Int
    private let end: Int

    /// The meaning of the first bytes of a connection's answer.
    enum Reading {
        case whole(Answer)
        case partial
    }

    /// Reads an answer of at most `count` bytes; more than one answer is an error, because only one was requested.
    static func read(_ bytes: [UInt8], _ count: Int) throws -> Reading {
        guard let head = find("\r\n\r\n", in: bytes, 0..<count) else { return .partial }
        guard count > 12, let field = find("\r\nContent-Length: ", in: bytes, 0..<head + 2) else {
            throw BenchmarkError(
                "an answer without length: \(String(decoding: bytes[..<min(count, 400)], as: UTF8.self))"
            )
        }
        var length = 0
        var position = field + "\r\nContent-Length: ".utf8.count
        while position < head, (0x30...0x39).contains(bytes[position]) {
            length = length * 10 + Int(bytes[position] - 0x30)
            position += 1
        }
        let end = head + 4 + length
        guard count >= end else { return .partial }
        guard count == end else { throw BenchmarkError("an answer without a request") }
        let status = Int(bytes[9] - 0x30) * 100 + Int(bytes[10] - 0x30) * 10 + Int(bytes[11] - 0x30)
        return .whole(Answer(status: status, bytes: bytes, headEnd: head, end: end))
    }

    /// Ends the run unless the status is this one.
    func require(_ expected: Int) throws {
        guard status == expected else { throw BenchmarkError("an answer was not \(expected): \(text.prefix(600))") }
    }

    /// The bytes of a JSON member whose value is a string without escapes.
    func member(_ name: StaticString) throws -> [UInt8] {
        var position = headEnd
        let key = name.utf8CodeUnitCount
        while let found = Self.find(name, in: bytes, position..<end) {
            position = found + key
            // `"name":"value"`, the compact form.
            guard found > 0, bytes[found - 1] == Self.quote, position + 3 < end, bytes[position] == Self.quote,
                bytes[position + 1] == UInt8(ascii: ":"), bytes[position + 2] == Self.quote
            else { continue }
            var last = position + 3
            while last < end, bytes[last] != Self.quote { last += 1 }
            return Array(bytes[position + 3..<last])
        }
        throw BenchmarkError("an answer without \(name): \(text.prefix(600))")
    }

    /// The values of a header field, its name spelled as the server spells it.
    func fields(_ name: StaticString) -> [String] {
        var values: [String] = []
        var position = 0
        while let found = Self.find(name, in: bytes, position..<headEnd) {
            position = found + name.utf8CodeUnitCount
            guard found > 1, bytes[found - 1] == UInt8(ascii: "\n"), bytes[position] == UInt8(ascii: ":") else {
                continue
            }
            let lineEnd = Self.find("\r\n", in: bytes, position..<headEnd + 2) ?? headEnd
            values.append(String(decoding: bytes[position + 2..<lineEnd], as: UTF8.self))
        }
        return values
    }

    /// The body as text.
    var body: String { String(decoding: bytes[headEnd + 4..<end], as: UTF8.self) }

    /// The whole answer.
    var raw: [UInt8] { Array(bytes[..<end]) }

    /// How many bytes the body has.
    var bodyCount: Int { end - headEnd - 4 }

    private var text: String { String(decoding: bytes[..<end], as: UTF8.self) }
    private static let quote = UInt8(ascii: "\"")

    private static func find(_ pattern: StaticString, in bytes: [UInt8], _ range: Range<Int>) -> Int? {
        unsafe bytes.withUnsafeBytes { buffer -> Int? in
            guard let base = buffer.baseAddress else { return nil }
            let (first, count) = unsafe (Int32(pattern.utf8Start.pointee), pattern.utf8CodeUnitCount)
            var position = range.lowerBound
            while position + count <= range.upperBound {
                let room = range.upperBound - count + 1 - position
                guard let found = unsafe memchr(base + position, first, room) else { return nil }
                if unsafe memcmp(found, pattern.utf8Start, count) == 0 { return unsafe UnsafeRawPointer(found) - base }
                position = unsafe UnsafeRawPointer(found) - base + 1
            }
            return nil
        }
    }
}
