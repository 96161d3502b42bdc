extension String {
    /// The text of UTF-8 bytes; `nil` for invalid bytes, which are never repaired.
    ///
    /// A repaired text would differ from the bytes that were signed, hashed or compared elsewhere.
    init?(strictUTF8 bytes: Span<UInt8>) {
        // No caller uses the reason why the bytes are not UTF-8.
        guard let text = try? UTF8Span(validating: bytes) else { return nil }
        self = String(copying: text)
    }

    /// The text of bytes that were written as ASCII.
    init(ascii bytes: Span<UInt8>) {
        guard let text = String(strictUTF8: bytes) else { preconditionFailure("not ASCII") }
        self = text
    }
}
