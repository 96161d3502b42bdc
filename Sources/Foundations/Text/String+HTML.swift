extension String {
    /// Appends text from outside to markup, escaped for element content and for quoted attributes (D-58).
    package mutating func append(escapedForHTML text: String) {
        let bytes = text.utf8
        var start = bytes.startIndex
        var position = start
        // Runs without a special character are appended as they are: most texts are one.
        while position < bytes.endIndex {
            if let reference = Self.reference(for: bytes[position]) {
                self += text[start..<position]
                self += reference
                start = bytes.index(after: position)
            }
            position = bytes.index(after: position)
        }
        self += text[start...]
    }

    /// The character reference of an ASCII character that has a meaning in markup; no byte of another character is one.
    private static func reference(for byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        default: nil
        }
    }
}
