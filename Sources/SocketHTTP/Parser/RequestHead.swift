import Foundations
import HTTPTypes

/// RFC 9112 §3 and §5: the request line and the field lines that decide about framing.
///
/// Ranges are counted from the start of the message, so that they stay valid when the bytes move.
struct RequestHead: Sendable {
    /// How the body's length is known.
    enum Framing {
        case fixed(Int)
        case chunked
    }

    private var methodRange = 0..<0
    private var pathRange = 0..<0
    private var queryRange: Range<Int>?
    private var isOldVersion = false
    private var isAsteriskOfAbsoluteForm = false
    private var hasHost = false
    private var contentLength: Int?
    private var isChunked = false
    private var closes = false
    private var hasExpectation = false

    init() {}

    /// RFC 9112 §9.3: HTTP/1.0 connections end after one response.
    var keepsAlive: Bool { !closes && !isOldVersion }

    /// RFC 9110 §10.1.1: an expectation in an HTTP/1.0 request is ignored.
    var expectsContinue: Bool { hasExpectation && !isOldVersion }

    func method(in bytes: Span<UInt8>, start: Int) -> HTTPRequest.Method {
        let range = methodRange.shifted(by: start)
        if bytes.equals(range, "GET") { return .get }
        if bytes.equals(range, "POST") { return .post }
        return HTTPRequest.Method(bytes.text(range)) ?? .get
    }

    func target(in bytes: Span<UInt8>, start: Int) -> (path: String, query: String?) {
        let path = isAsteriskOfAbsoluteForm ? "*" : pathRange.isEmpty ? "/" : bytes.text(pathRange.shifted(by: start))
        return (path, queryRange.map { bytes.text($0.shifted(by: start)) })
    }

    // MARK: The request line

    /// RFC 9112 §3: method SP request-target SP HTTP-version, single spaces and nothing else.
    mutating func readRequestLine(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>,
        start: Int
    ) throws(RequestRejection) {
        guard let firstSpace = bytes.firstIndex(of: .space, in: line), firstSpace > line.lowerBound else {
            throw .malformedRequestLine
        }
        for index in line.lowerBound..<firstSpace where !bytes[index].isTokenCharacter { throw .malformedRequestLine }
        var targetEnd = firstSpace + 1
        while targetEnd < line.upperBound, bytes[targetEnd].isVisible { targetEnd += 1 }
        // Without a second space it is HTTP/0.9; any other byte is not valid in a target.
        guard targetEnd < line.upperBound, bytes[targetEnd] == .space, targetEnd > firstSpace + 1 else {
            throw .malformedRequestLine
        }
        try readVersion(bytes, (targetEnd + 1)..<line.upperBound)
        methodRange = (line.lowerBound..<firstSpace).shifted(by: -start)
        try readTarget(
            bytes,
            (firstSpace + 1)..<targetEnd,
            isOptions: bytes.equals(line.lowerBound..<firstSpace, "OPTIONS"),
            isConnect: bytes.equals(line.lowerBound..<firstSpace, "CONNECT"),
            start: start
        )
    }

    /// RFC 9112 §2.3: case-sensitive, one digit on each side; this also rejects HTTP/2's preface.
    private mutating func readVersion(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(RequestRejection) {
        let low = range.lowerBound
        guard range.count == 8, bytes.equals(low..<(low + 5), "HTTP/"), bytes[low + 5].isASCIIDigit,
            bytes[low + 6] == 0x2e, bytes[low + 7].isASCIIDigit
        else { throw .malformedRequestLine }
        guard bytes[low + 5] == 0x31 else { throw .unsupportedVersion }
        isOldVersion = bytes[low + 7] == 0x30
    }

    private mutating func readTarget(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>,
        isOptions: Bool,
        isConnect: Bool,
        start: Int
    ) throws(RequestRejection) {
        if isConnect { throw .noTunnels }
        var path = range
        if bytes.equals(range, "*") {
            // RFC 9112 §3.2.4: the server as a whole, for OPTIONS only.
            guard isOptions else { throw .misplacedAsterisk }
            pathRange = range.shifted(by: -start)
            return
        }
        if bytes[range.lowerBound] != .slash {
            // RFC 9112 §3.2.2: the absolute form must be accepted. Its authority is ignored: the server's name comes
            // from its configuration, because a forged one would put an attacker's host into metadata.
            path = try pathOfAbsoluteForm(bytes, range)
            if path.isEmpty, isOptions { isAsteriskOfAbsoluteForm = true }
        }
        // Clients never send a fragment; a reader that cuts it off would route differently from one that does not.
        guard bytes.firstIndex(of: 0x23, in: path) == nil else { throw .malformedTarget }
        if let mark = bytes.firstIndex(of: .questionMark, in: path) {
            queryRange = ((mark + 1)..<path.upperBound).shifted(by: -start)
            path = path.lowerBound..<mark
            if isAsteriskOfAbsoluteForm { isAsteriskOfAbsoluteForm = false }
        }
        pathRange = path.shifted(by: -start)
    }

    private func pathOfAbsoluteForm(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(RequestRejection) -> Range<Int> {
        let low = range.lowerBound
        let authorityStart: Int
        if range.count > 7, bytes.equalsIgnoringCase(low..<(low + 7), "http://") {
            authorityStart = low + 7
        } else if range.count > 8, bytes.equalsIgnoringCase(low..<(low + 8), "https://") {
            authorityStart = low + 8
        } else {
            throw .malformedTarget
        }
        var end = authorityStart
        while end < range.upperBound, bytes[end] != .slash, bytes[end] != .questionMark { end += 1 }
        guard HostField.isValid(bytes, authorityStart..<end) else { throw .malformedTarget }
        return end..<range.upperBound
    }

    // MARK: Field lines

    /// RFC 9112 §5: field-name ":" OWS field-value OWS.
    mutating func readField(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>,
        start: Int
    ) throws(RequestRejection) -> FieldLines.Line {
        // RFC 9112 §5.2: obs-fold would let a value continue where another reader sees a new field.
        guard !bytes[line.lowerBound].isBlank else { throw .obsoleteFolding }
        var colon = line.lowerBound
        while colon < line.upperBound, bytes[colon].isTokenCharacter { colon += 1 }
        guard colon < line.upperBound, colon > line.lowerBound else { throw .malformedField }
        guard bytes[colon] == .colon else {
            // RFC 9112 §5.1: some readers ignore "Content-Length :" and some obey it.
            throw bytes[colon].isBlank ? .spaceBeforeColon : .malformedField
        }
        let name = line.lowerBound..<colon
        let value = bytes.trimmingOptionalWhitespace((colon + 1)..<line.upperBound)
        guard !bytes.containsControl(value) else { throw .controlCharacter }
        try noteField(bytes, name, value)
        return FieldLines.Line(
            nameStart: UInt32(name.lowerBound - start),
            nameEnd: UInt32(name.upperBound - start),
            valueStart: UInt32(value.lowerBound - start),
            valueEnd: UInt32(value.upperBound - start)
        )
    }

    /// Records the fields that frame the message; the parser ignores all others.
    private mutating func noteField(
        _ bytes: Span<UInt8>,
        _ name: Range<Int>,
        _ value: Range<Int>
    ) throws(RequestRejection) {
        switch name.count {
        case 4 where bytes.equalsIgnoringCase(name, "host"):
            guard !hasHost else { throw .repeatedHost }
            guard HostField.isValid(bytes, value) else { throw .malformedHost }
            hasHost = true
        case 6 where bytes.equalsIgnoringCase(name, "expect"):
            // RFC 9110 §10.1.1: 100-continue is the only expectation there is.
            guard bytes.equalsIgnoringCase(value, "100-continue") else { throw .unknownExpectation }
            hasExpectation = true
        case 10 where bytes.equalsIgnoringCase(name, "connection"):
            noteConnectionOptions(bytes, value)
        case 14 where bytes.equalsIgnoringCase(name, "content-length"):
            guard contentLength == nil else { throw .repeatedContentLength }
            contentLength = try readContentLength(bytes, value)
        case 16 where bytes.equalsIgnoringCase(name, "content-encoding"):
            // A body that expands to a thousand times its size is refused before it is read.
            guard bytes.equalsIgnoringCase(value, "identity") else { throw .encodedContent }
        case 17 where bytes.equalsIgnoringCase(name, "transfer-encoding"):
            guard !isChunked else { throw .malformedTransferEncoding }
            try readTransferEncoding(bytes, value)
        default:
            break
        }
    }

    private mutating func noteConnectionOptions(_ bytes: Span<UInt8>, _ value: Range<Int>) {
        var rest = value
        while !rest.isEmpty {
            let end = bytes.firstIndex(of: .comma, in: rest) ?? rest.upperBound
            let option = bytes.trimmingOptionalWhitespace(rest.lowerBound..<end)
            if bytes.equalsIgnoringCase(option, "close") { closes = true }
            rest = min(end + 1, rest.upperBound)..<rest.upperBound
        }
    }

    /// RFC 9112 §6.2: digits only.
    ///
    /// Other readers interpret a sign, leading zero, list or white space differently.
    private func readContentLength(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(RequestRejection) -> Int {
        guard !value.isEmpty, value.count == 1 || bytes[value.lowerBound] != 0x30 else {
            throw .malformedContentLength
        }
        var length = 0
        for index in value {
            guard bytes[index].isASCIIDigit else { throw .malformedContentLength }
            // Saturates: beyond any limit the exact value does not matter.
            length = length > Int.max / 16 ? length : length * 10 + Int(bytes[index] - 0x30)
        }
        return length
    }

    /// RFC 9112 §6.1: chunked, exactly once, and no other coding.
    private mutating func readTransferEncoding(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(RequestRejection) {
        if bytes.equalsIgnoringCase(value, "chunked") {
            isChunked = true
            return
        }
        let isSingleToken = !value.isEmpty && value.allSatisfy { bytes[$0].isTokenCharacter }
        throw isSingleToken ? .unknownTransferCoding : .malformedTransferEncoding
    }

    /// RFC 9112 §6.3: the length of the body, or a refusal when it is ambiguous.
    func framing(limits: RequestLimits) throws(RequestRejection) -> Framing {
        // RFC 9112 §3.2: HTTP/1.1 requests name a host.
        guard hasHost || isOldVersion else { throw .missingHost }
        if isChunked {
            // RFC 9112 §6.1: both lengths at once are the classic smuggling attempt.
            guard contentLength == nil else { throw .ambiguousLength }
            guard !isOldVersion else { throw .codingInOldVersion }
            return .chunked
        }
        let length = contentLength ?? 0
        guard length <= limits.bodyBytesMax else { throw .contentTooLarge }
        return .fixed(length)
    }
}

extension Range<Int> {
    fileprivate func shifted(by distance: Int) -> Range<Int> {
        (lowerBound &+ distance)..<(upperBound &+ distance)
    }
}
