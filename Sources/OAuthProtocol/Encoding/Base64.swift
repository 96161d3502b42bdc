/// RFC 4648 §4: Base 64 with padding, for HTTP Basic credentials (RFC 7617) and PEM.
///
/// Decoding is strict: missing padding, whitespace and non-canonical last symbols are refused.
package enum Base64 {
    private static let codec = Base64Codec(symbol62: UInt8(ascii: "+"), symbol63: UInt8(ascii: "/"))
    private static let padding = UInt8(ascii: "=")

    /// Encodes the bytes.
    package static func encode(_ bytes: [UInt8]) -> String {
        var output = codec.encode(bytes)
        while output.count & 3 != 0 { output.append(padding) }
        return String(decoding: output, as: UTF8.self)
    }

    /// Decodes a text; `nil` unless it is exactly the text that ``encode(_:)`` yields.
    package static func decode(_ symbols: Span<UInt8>) -> [UInt8]? {
        guard symbols.count & 3 == 0 else { return nil }
        var count = symbols.count
        // RFC 4648 §4: at most two padding characters, and only at the end; any other is a foreign symbol.
        if count > 0, symbols[count - 1] == padding { count -= 1 }
        if count < symbols.count, symbols[count - 1] == padding { count -= 1 }
        return codec.decode(symbols.extracting(0..<count))
    }
}
