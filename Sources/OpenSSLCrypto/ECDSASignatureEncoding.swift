/// RFC 7518 §3.4: JOSE writes an ECDSA signature as R ‖ S, OpenSSL as a DER sequence of two integers.
///
/// Both directions are strict: a signature has one spelling, and malformed input does not reach the curve arithmetic.
enum ECDSASignatureEncoding {
    /// The length of R and of S.
    static let integerByteCount = 32
    /// The length of R ‖ S.
    static let rawByteCount = 2 * integerByteCount
    /// The longest DER form.
    static let derByteCountMax = 72

    /// The order of P-256's group, n (FIPS 186-4 D.1.2.3).
    private static let groupOrder: [UInt8] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ]

    /// The DER form of R ‖ S; `nil` unless there are exactly 64 bytes and both integers are in 1 … n - 1.
    ///
    /// The range check stops the "psychic" signature R = S = 0 (CVE-2022-21449), which a verifier without it accepts
    /// for any message.
    static func derSignature(fromRaw raw: [UInt8]) -> [UInt8]? {
        guard raw.count == rawByteCount else { return nil }
        let r = raw[..<integerByteCount]
        let s = raw[integerByteCount...]
        guard isInRange(r), isInRange(s) else { return nil }
        var der: [UInt8] = [0x30, 0]
        der.reserveCapacity(derByteCountMax)
        appendInteger(r, to: &der)
        appendInteger(s, to: &der)
        der[1] = UInt8(der.count - 2)
        return der
    }

    /// R ‖ S of a DER form as OpenSSL writes it; `nil` for anything else.
    static func rawSignature(fromDER der: Span<UInt8>) -> [UInt8]? {
        guard der.count <= derByteCountMax, der.count > 2, der[0] == 0x30, Int(der[1]) == der.count - 2 else {
            return nil
        }
        var position = 2
        guard let r = integer(in: der, at: &position), let s = integer(in: der, at: &position), position == der.count
        else { return nil }
        var raw = [UInt8](repeating: 0, count: rawByteCount)
        unsafe raw.withUnsafeMutableBytes { output in
            unsafe der.withUnsafeBytes { input in
                unsafe output[(integerByteCount - r.count)..<integerByteCount].copyBytes(from: input[r])
                unsafe output[(rawByteCount - s.count)...].copyBytes(from: input[s])
            }
        }
        return raw
    }

    private static func isInRange(_ integer: ArraySlice<UInt8>) -> Bool {
        integer.contains { $0 != 0 } && integer.lexicographicallyPrecedes(groupOrder)
    }

    private static func appendInteger(_ integer: ArraySlice<UInt8>, to der: inout [UInt8]) {
        let digits = integer.drop { $0 == 0 }
        // DER integers are signed: a leading one bit needs a zero byte before it.
        let needsZero = digits.first.map { $0 >= 0x80 } ?? true
        der.append(0x02)
        der.append(UInt8(digits.count + (needsZero ? 1 : 0)))
        if needsZero { der.append(0) }
        der.append(contentsOf: digits)
    }

    /// The digits of the positive, minimally encoded integer at `position`, at most 32 bytes; `nil` for anything else.
    private static func integer(in der: Span<UInt8>, at position: inout Int) -> Range<Int>? {
        guard position + 2 < der.count, der[position] == 0x02 else { return nil }
        var start = position + 2
        let end = start + Int(der[position + 1])
        guard start < end, end <= der.count, der[start] < 0x80 else { return nil }
        if der[start] == 0, end - start > 1 {
            guard der[start + 1] >= 0x80 else { return nil }
            start += 1
        }
        guard end - start <= integerByteCount else { return nil }
        position = end
        return start..<end
    }
}
