import Foundations

/// RFC 3986 §2.1: Percent-Encoding.
package enum PercentEncoding {
    /// Escapes everything but unreserved characters; a space becomes `%20`, which is valid in paths, queries and forms.
    package static func encode(_ text: String) -> String {
        var output: [UInt8] = []
        append(text, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Appends the escaped text to a buffer of ASCII.
    static func append(_ text: String, to output: inout [UInt8]) {
        output.reserveCapacity(output.count + text.utf8.count)
        for byte in text.utf8 {
            if byte.isUnreserved {
                output.append(byte)
            } else {
                output.append(UInt8(ascii: "%"))
                output.append(Hexadecimal.upperCaseDigit(byte >> 4))
                output.append(Hexadecimal.upperCaseDigit(byte & 0x0F))
            }
        }
    }

    /// Resolves the escapes of a text once; `nil` for a `%` without two hexadecimal digits or for invalid UTF-8.
    ///
    /// With `plusIsSpace`, a `+` means a space, as in forms and queries but not in paths.
    package static func decode(_ text: some StringProtocol, plusIsSpace: Bool) -> String? {
        decode(Array(text.utf8).span, plusIsSpace: plusIsSpace)
    }

    /// Decodes escaped bytes; `nil` for a bad escape or invalid UTF-8.
    static func decode(_ bytes: Span<UInt8>, plusIsSpace: Bool) -> String? {
        if isPlain(bytes, plusIsSpace: plusIsSpace) { return String(strictUTF8: bytes) }
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "%"):
                guard index + 2 < bytes.count,
                    let high = bytes[index + 1].hexadecimalValue,
                    let low = bytes[index + 2].hexadecimalValue
                else { return nil }
                output.append(high << 4 | low)
                index += 3
            case UInt8(ascii: "+") where plusIsSpace:
                output.append(UInt8(ascii: " "))
                index += 1
            case let byte:
                output.append(byte)
                index += 1
            }
        }
        return String(strictUTF8: output.span)
    }

    /// Whether decoding would change nothing.
    static func isPlain(_ bytes: Span<UInt8>, plusIsSpace: Bool) -> Bool {
        !bytes.contains(UInt8(ascii: "%")) && !(plusIsSpace && bytes.contains(UInt8(ascii: "+")))
    }
}
