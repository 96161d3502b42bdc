/// RFC 7515 §7.1: a compact token split at its two dots; nothing is decoded yet.
struct CompactSegments: Sendable {
    /// The token in ASCII bytes.
    let bytes: [UInt8]
    /// Where the header ends: at the first dot.
    let headerEnd: Int
    /// Where the payload ends: at the second dot.
    let payloadEnd: Int

    private static let dot = UInt8(ascii: ".")

    /// Splits a token of at most `maximumBytes`.
    ///
    /// Anything but three segments is refused: two or four are not a JWS, five are an encrypted token (D-33).
    init(_ token: String, maximumBytes: Int) throws(JOSEError) {
        guard token.utf8.count <= maximumBytes else { throw .tooLarge }
        let bytes = Array(token.utf8)
        var dots = (first: -1, second: -1)
        for (index, byte) in bytes.enumerated() where byte == CompactSegments.dot {
            guard dots.second < 0 else { throw .malformed }
            if dots.first < 0 { dots.first = index } else { dots.second = index }
        }
        guard dots.first > 0, dots.second > dots.first + 1, dots.second < bytes.count - 1 else { throw .malformed }
        self.bytes = bytes
        (headerEnd, payloadEnd) = dots
    }

    /// Whether the header segment is exactly these bytes.
    func hasHeader(_ header: [UInt8]) -> Bool {
        guard header.count == headerEnd else { return false }
        for index in header.indices where header[index] != bytes[index] { return false }
        return true
    }

    /// Parses the header.
    func header() throws(JOSEError) -> JOSEHeader {
        try JOSEHeader(parsing: decoded(0..<headerEnd))
    }

    /// Parses the header of a token that must contain its signer's key.
    func headerWithKey() throws(JOSEError) -> (header: JOSEHeader, key: JSONObject) {
        try JOSEHeader.withKey(parsing: decoded(0..<headerEnd))
    }

    /// Decodes the payload.
    func payload() throws(JOSEError) -> [UInt8] {
        try decoded(headerEnd + 1..<payloadEnd)
    }

    /// Decodes the signature.
    func signature() throws(JOSEError) -> [UInt8] {
        try decoded(payloadEnd + 1..<bytes.count)
    }

    /// The signed bytes: header, dot and payload as they were sent.
    var signingInput: [UInt8] { Array(bytes[..<payloadEnd]) }

    private func decoded(_ range: Range<Int>) throws(JOSEError) -> [UInt8] {
        guard let decoded = Base64URL.decode(bytes.span.extracting(range)) else { throw .malformed }
        return decoded
    }
}
