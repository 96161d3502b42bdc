/// A SHA-256 digest or HMAC-SHA-256 code, stored inline so that tables keyed by token hashes need no heap.
///
/// `==` always compares all 32 bytes, so that its duration tells an attacker nothing.
package struct SHA256Digest: Hashable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// The digest with these bytes; `nil` unless there are exactly 32.
    package init?(bytes: [UInt8]) {
        self.init(bytes: bytes[...])
    }

    /// The digest with the bytes of a slice; `nil` unless there are exactly 32.
    package init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == SHA256.byteCount else { return nil }
        unsafe withUnsafeMutableBytes(of: &words) { unsafe $0.copyBytes(from: bytes) }
    }

    /// The digest with these bytes; `nil` unless there are exactly 32.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count == SHA256.byteCount else { return nil }
        unsafe withUnsafeMutableBytes(of: &words) { target in
            unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
        }
    }

    /// The digest that `fill` writes.
    init(filledBy fill: (UnsafeMutablePointer<UInt8>) -> Void) {
        unsafe withUnsafeMutableBytes(of: &words) { buffer in
            if let output = unsafe buffer.assumingMemoryBound(to: UInt8.self).baseAddress { unsafe fill(output) }
        }
    }

    /// The 32 bytes in order.
    package var bytes: [UInt8] { unsafe Swift.withUnsafeBytes(of: words) { unsafe Array($0) } }

    /// Appends the 32 bytes in order.
    package func append(to output: inout [UInt8]) {
        unsafe Swift.withUnsafeBytes(of: words) { unsafe output.append(contentsOf: $0) }
    }

    /// Some bits of the digest, to spread digests over a few places.
    package var leadingBits: UInt64 { words.0 }

    /// Passes the 32 bytes to `body` without copying them to the heap.
    func withBytes<Result>(_ body: (UnsafePointer<UInt8>?) -> Result) -> Result {
        unsafe Swift.withUnsafeBytes(of: words) { unsafe body($0.assumingMemoryBound(to: UInt8.self).baseAddress) }
    }

    /// Whether the digests are the same, in constant time.
    package static func == (left: SHA256Digest, right: SHA256Digest) -> Bool {
        (left.words.0 ^ right.words.0) | (left.words.1 ^ right.words.1)
            | (left.words.2 ^ right.words.2) | (left.words.3 ^ right.words.3) == 0
    }

    /// Feeds the digest to a hasher.
    ///
    /// Hashers are seeded per process, so chosen digests do not collide in a table.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
