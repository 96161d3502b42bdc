import Foundations

/// Writes JSON in its shortest form, straight into a byte buffer.
///
/// Strings keep their UTF-8; quotes, backslashes and control characters (DEL too) are escaped.
package enum JSONWriter {
    /// Appends a quoted string.
    package static func append(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        appendCharacters(of: text, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    /// Appends the escaped characters between the quotes of a string.
    package static func appendCharacters(of text: String, to output: inout [UInt8]) {
        if needsEscapes(text.utf8.span) {
            for byte in text.utf8 { appendEscaped(byte, to: &output) }
        } else {
            output.append(contentsOf: text.utf8)
        }
    }

    /// Appends an integer.
    package static func append(_ integer: Int64, to output: inout [UInt8]) {
        guard integer >= 0 else { return output.append(contentsOf: String(integer).utf8) }
        // Dates are in every token, and making a string of each costs more than the claim around it.
        var digitCount = 1
        var rest = integer / 10
        while rest > 0 {
            digitCount += 1
            rest /= 10
        }
        let start = output.count
        output.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: digitCount))
        rest = integer
        for index in stride(from: start + digitCount - 1, through: start, by: -1) {
            output[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    /// Appends a value.
    package static func append(_ value: JSONValue, to output: inout [UInt8]) {
        switch value {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let number): output.append(contentsOf: number.text.utf8)
        case .string(let text): append(text, to: &output)
        case .array(let elements): append(elements, to: &output)
        case .object(let object): append(object, to: &output)
        }
    }

    /// Appends an object, its members in their order.
    package static func append(_ object: JSONObject, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        var isFirst = true
        for (name, value) in object.members {
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            append(name, to: &output)
            output.append(UInt8(ascii: ":"))
            append(value, to: &output)
        }
        output.append(UInt8(ascii: "}"))
    }

    private static func append(_ elements: [JSONValue], to output: inout [UInt8]) {
        output.append(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            append(element, to: &output)
        }
        output.append(UInt8(ascii: "]"))
    }

    /// Whether the text may need escapes; text beyond ASCII is left to the exact, slower path.
    ///
    /// Written like `Span.contains`, to be as fast.
    private static func needsEscapes(_ text: Span<UInt8>) -> Bool {
        var least = UInt8.max
        var greatest: UInt8 = 0
        for index in 0..<text.count {
            let byte = text[index]
            least = min(least, min(byte ^ UInt8(ascii: "\""), byte ^ UInt8(ascii: "\\")))
            greatest = max(greatest, byte &- 0x20)
        }
        return least == 0 || greatest >= 0x5F
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func appendEscaped(_ byte: UInt8, to output: inout [UInt8]) {
        guard isEscaped(byte) else { return output.append(byte) }
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        case 0x09: output.append(UInt8(ascii: "t"))
        default:
            output.append(contentsOf: "u00".utf8)
            output.append(Hexadecimal.upperCaseDigit(byte >> 4))
            output.append(Hexadecimal.upperCaseDigit(byte & 0x0F))
        }
    }
}

extension JSONValue {
    /// The value as JSON text in its shortest form.
    package func serialized() -> [UInt8] {
        var output: [UInt8] = []
        JSONWriter.append(self, to: &output)
        return output
    }

    /// The value as JSON text in its shortest form.
    package func serializedString() -> String { String(decoding: serialized(), as: UTF8.self) }
}

extension JSONObject {
    /// The object as JSON text in its shortest form.
    package func serialized() -> [UInt8] {
        var output: [UInt8] = []
        JSONWriter.append(self, to: &output)
        return output
    }

    /// The object as JSON text in its shortest form.
    package func serializedString() -> String { String(decoding: serialized(), as: UTF8.self) }
}
