/// Finds its way through an answer without making a string: the load must cost less than what it measures.
enum AnswerReader {
    /// Where the first answer ends, if it is all there; anything but a 200 ends the run.
    static func end(_ bytes: [UInt8], _ count: Int) throws -> Int? {
        guard let head = index(of: Self.emptyLine, in: bytes, from: 0, to: count) else { return nil }
        guard index(of: Self.success, in: bytes, from: 0, to: Self.success.count) == 0 else {
            throw BenchmarkError("an answer was not 200: \(String(decoding: bytes[..<min(count, 400)], as: UTF8.self))")
        }
        guard let field = index(of: Self.contentLength, in: bytes, from: 0, to: head) else {
            throw BenchmarkError("an answer without length")
        }
        var length = 0
        var position = field + Self.contentLength.count
        while position < head, (0x30...0x39).contains(bytes[position]) {
            length = length * 10 + Int(bytes[position] - 0x30)
            position += 1
        }
        let end = head + Self.emptyLine.count + length
        return count >= end ? end : nil
    }

    /// The text of a JSON member whose value is a string.
    static func member(_ key: [UInt8], of bytes: [UInt8], _ count: Int) -> String? {
        guard let found = index(of: key, in: bytes, from: 0, to: count) else { return nil }
        let start = found + key.count
        var end = start
        while end < count, bytes[end] != UInt8(ascii: "\"") { end += 1 }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private static let emptyLine = Array("\r\n\r\n".utf8)
    private static let success = Array("HTTP/1.1 200".utf8)
    private static let contentLength = Array("content-length: ".utf8)

    /// Where a pattern in lower case begins, whatever the case of the letters there.
    private static func index(of pattern: [UInt8], in bytes: [UInt8], from start: Int, to end: Int) -> Int? {
        let (text, pattern) = (bytes.span, pattern.span)
        guard let first = pattern.count > 0 ? pattern[0] : nil, end - start >= pattern.count else { return nil }
        var position = start
        while position <= end - pattern.count {
            if lowercased(text[position]) == lowercased(first) {
                var offset = 1
                while offset < pattern.count, lowercased(text[position + offset]) == lowercased(pattern[offset]) {
                    offset += 1
                }
                if offset == pattern.count { return position }
            }
            position += 1
        }
        return nil
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}
