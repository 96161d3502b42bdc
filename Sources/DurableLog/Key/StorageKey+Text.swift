import Foundations

extension StorageKey {
    /// Reads a key from a file's contents or a variable's value: 32 raw bytes, hexadecimal or base64 text.
    package init(contents: [UInt8]) throws(StorageKeyError) {
        let text = Self.trimmed(contents)
        if text.count == 2 * Self.byteCount, let bytes = Hexadecimal.decode(text) {
            try self.init(bytes: bytes)
        } else if text.count == 43 || text.count == 44, let bytes = Self.decodeBase64(text) {
            try self.init(bytes: bytes)
        } else {
            // 32 hexadecimal digits are a 16-byte key by mistake, with half the strength that it seems to have.
            guard contents.count == Self.byteCount, Hexadecimal.decode(contents) == nil else { throw .wrongLength }
            try self.init(bytes: contents)
        }
    }

    private static func trimmed(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        var slice = bytes[...]
        while let last = slice.last, isBlank(last) { slice.removeLast() }
        while let first = slice.first, isBlank(first) { slice.removeFirst() }
        return slice
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    /// Both alphabets, with or without padding; stray bits at the end are refused.
    private static func decodeBase64(_ text: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        var paddingCount = 0
        for character in text {
            let value: UInt32
            switch character {
            case 0x41...0x5A: value = UInt32(character - 0x41)
            case 0x61...0x7A: value = UInt32(character - 0x61) + 26
            case 0x30...0x39: value = UInt32(character - 0x30) + 52
            case 0x2B, 0x2D: value = 62
            case 0x2F, 0x5F: value = 63
            case 0x3D:
                paddingCount += 1
                continue
            default: return nil
            }
            guard paddingCount == 0 else { return nil }
            buffer = buffer << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
                buffer &= (1 << UInt32(bits)) - 1
            }
        }
        return buffer == 0 && paddingCount <= 1 ? bytes : nil
    }
}
