/// RFC 4648 §5: Base 64 for URLs and file names, without padding, as RFC 7515 §2 has it.
///
/// Decoding is strict: padding, whitespace, the other alphabet's symbols and non-canonical last symbols are refused.
package enum Base64URL {
    private static let codec = Base64Codec(symbol62: UInt8(ascii: "-"), symbol63: UInt8(ascii: "_"))

    /// The text for the bytes.
    package static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: encodedBytes(bytes), as: UTF8.self)
    }

    /// The text for the bytes, as ASCII bytes.
    package static func encodedBytes(_ bytes: [UInt8]) -> [UInt8] {
        codec.encode(bytes)
    }

    /// Appends the text for the bytes to a buffer of ASCII.
    package static func append(_ bytes: [UInt8], to output: inout [UInt8]) {
        codec.append(bytes.span, to: &output)
    }

    /// Appends the text for borrowed bytes to a buffer of ASCII.
    package static func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        codec.append(bytes, to: &output)
    }

    /// The symbol of the lowest six bits.
    static func symbol(of value: UInt8) -> UInt8 {
        codec.symbol(value & 0x3F)
    }

    /// The bytes that a text stands for; `nil` unless it is the one text that ``encode(_:)`` makes of them.
    package static func decode(_ text: String) -> [UInt8]? {
        codec.decode(text.utf8.span)
    }

    /// The bytes that a text given as ASCII stands for; `nil` unless it is canonical.
    package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        codec.decode(text)
    }
}
