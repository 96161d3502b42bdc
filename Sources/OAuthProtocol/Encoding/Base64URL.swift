/// RFC 4648 §5: Base 64 for URLs and file names, without padding, as in RFC 7515 §2.
///
/// Decoding is strict: padding, whitespace, symbols of the other alphabet and non-canonical last symbols are refused.
package enum Base64URL {
    private static let codec = Base64Codec(symbol62: UInt8(ascii: "-"), symbol63: UInt8(ascii: "_"))

    /// Encodes the bytes as text.
    package static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: encodedBytes(bytes), as: UTF8.self)
    }

    /// Encodes the bytes as ASCII.
    package static func encodedBytes(_ bytes: [UInt8]) -> [UInt8] {
        codec.encode(bytes)
    }

    /// Appends the encoded bytes to a buffer of ASCII.
    package static func append(_ bytes: [UInt8], to output: inout [UInt8]) {
        codec.append(bytes.span, to: &output)
    }

    /// Appends encoded borrowed bytes to a buffer of ASCII.
    package static func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        codec.append(bytes, to: &output)
    }

    /// The symbol of the lowest six bits.
    static func symbol(of value: UInt8) -> UInt8 {
        codec.symbol(value & 0x3F)
    }

    /// Decodes a text; `nil` unless it is exactly the text that ``encode(_:)`` yields.
    package static func decode(_ text: String) -> [UInt8]? {
        codec.decode(text.utf8.span)
    }

    /// Decodes a text given as ASCII; `nil` unless it is canonical.
    package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        codec.decode(text)
    }
}
