import Foundations

/// RFC 9112 §7.1: the chunked transfer coding, read strictly.
struct ChunkedBody: Sendable {
    private enum Phase: Sendable {
        case size
        case data(remaining: Int)
        case dataEnd
        case trailer
    }

    private var phase = Phase.size
    private var extensionBytes = 0
    private var trailerBytes = 0
    private var trailerCount = 0

    init() {}

    /// Appends what has arrived to `body` and moves the cursor past it; `true` after the last chunk and the trailer.
    mutating func advance(
        over bytes: Span<UInt8>,
        cursor: inout Int,
        into body: inout [UInt8],
        limits: RequestLimits
    ) throws(RequestRejection) -> Bool {
        while true {
            switch phase {
            case .size:
                let limit = limits.chunkLineBytesMax
                guard let line = try nextLine(bytes, &cursor, limit: limit, tooLong: .chunkExtensionsTooLarge) else {
                    return false
                }
                let size = try readSize(bytes, line, limits: limits)
                guard body.count + size <= limits.bodyBytesMax else { throw .contentTooLarge }
                phase = size == 0 ? .trailer : .data(remaining: size)
            case .data(let remaining):
                let taken = min(remaining, bytes.count - cursor)
                body.append(bytes.extracting(cursor..<(cursor + taken)))
                cursor += taken
                phase = taken == remaining ? .dataEnd : .data(remaining: remaining - taken)
                if taken < remaining { return false }
            case .dataEnd:
                // The CR is checked as soon as it arrives, so that the result does not depend on how the stream is cut.
                guard bytes.count > cursor else { return false }
                guard bytes[cursor] == .carriageReturn else { throw .malformedChunk }
                guard bytes.count > cursor + 1 else { return false }
                guard bytes[cursor + 1] == .lineFeed else { throw .malformedChunk }
                cursor += 2
                phase = .size
            case .trailer:
                let left = limits.trailerBytesMax - trailerBytes
                guard let line = try nextLine(bytes, &cursor, limit: left, tooLong: .fieldsTooLarge) else {
                    return false
                }
                if line.isEmpty { return true }
                try skipTrailer(bytes, line, limits: limits)
            }
        }
    }

    /// The next line without its CR LF; lines here are short, so each try starts at the beginning of the line.
    private func nextLine(
        _ bytes: Span<UInt8>,
        _ cursor: inout Int,
        limit: Int,
        tooLong: RequestRejection
    ) throws(RequestRejection) -> Range<Int>? {
        guard let end = bytes.firstLineFeed(from: cursor) else {
            if bytes.count - cursor > limit + 1 { throw tooLong }
            return nil
        }
        if end - cursor > limit + 1 { throw tooLong }
        guard end > cursor, bytes[end - 1] == .carriageReturn else { throw .bareLineFeed }
        defer { cursor = end + 1 }
        return cursor..<(end - 1)
    }

    /// RFC 9112 §7.1: hexadecimal digits, followed directly by extensions; no sign, prefix or white space.
    private mutating func readSize(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>,
        limits: RequestLimits
    ) throws(RequestRejection) -> Int {
        var size = 0
        var index = line.lowerBound
        while index < line.upperBound, let digit = bytes[index].hexadecimalValue {
            // Eight digits express any size that is accepted; more could overflow in code downstream.
            guard index - line.lowerBound < 8 else { throw .malformedChunk }
            size = size << 4 | Int(digit)
            index += 1
        }
        guard index > line.lowerBound else { throw .malformedChunk }
        let extensions = index..<line.upperBound
        guard !extensions.isEmpty else { return size }
        guard bytes[index] == .semicolon, !bytes.containsControl(extensions) else { throw .malformedChunk }
        // RFC 9112 §7.1.1: extensions have no meaning here; without a bound they would carry megabytes past the body's
        // limit.
        extensionBytes += extensions.count
        guard extensionBytes <= limits.chunkExtensionBytesMax else { throw .chunkExtensionsTooLarge }
        return size
    }

    /// RFC 9112 §7.1.2: trailers are checked for form and dropped; merging them into the header would allow forged
    /// fields.
    private mutating func skipTrailer(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>,
        limits: RequestLimits
    ) throws(RequestRejection) {
        trailerBytes += line.count + 2
        trailerCount += 1
        guard trailerBytes <= limits.trailerBytesMax, trailerCount <= limits.fieldCountMax else {
            throw .fieldsTooLarge
        }
        var colon = line.lowerBound
        while colon < line.upperBound, bytes[colon].isTokenCharacter { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == .colon,
            !bytes.containsControl(colon..<line.upperBound)
        else { throw .malformedTrailer }
    }
}
