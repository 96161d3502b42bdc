/// RFC 7518 §3.4: JOSE writes an ECDSA signature as R ‖ S, OpenSSL as a DER sequence of two integers.
///
/// Both directions are strict: a signature has one spelling, and malformed input does not reach the curve arithmetic.
struct ECDSASignatureEncoding: Sendable {
    /// The length of R and of S.
    let integerByteCount: Int
    /// The order of the curve's group, n (FIPS 186-4 D.1.2).
    private let groupOrder: [UInt8]

    /// The encoding for P-256 (FIPS 186-4 D.1.2.3).
    static let p256 = ECDSASignatureEncoding(
        integerByteCount: 32,
        groupOrder: [
            0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
        ]
    )
    /// The encoding for P-384 (FIPS 186-4 D.1.2.4).
    static let p384 = ECDSASignatureEncoding(
        integerByteCount: 48,
        groupOrder: [UInt8](repeating: 0xff, count: 24) + [
            0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a,
            0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
        ]
    )
    /// The encoding for P-521 (FIPS 186-4 D.1.2.5).
    static let p521 = ECDSASignatureEncoding(
        integerByteCount: 66,
        groupOrder: [0x01] + [UInt8](repeating: 0xff, count: 32) + [
            0xfa, 0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b, 0x7f, 0xcc, 0x01, 0x48, 0xf7, 0x09, 0xa5,
            0xd0, 0x3b, 0xb5, 0xc9, 0xb8, 0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e, 0x91, 0x38, 0x64,
            0x09,
        ]
    )

    /// The length of R ‖ S.
    var rawByteCount: Int { 2 * integerByteCount }
    /// The longest DER form: two integers with a sign byte each, and the lengths.
    var derByteCountMax: Int { 2 * (integerByteCount + (groupOrder[0] >= 0x80 ? 3 : 2)) + (isLong ? 3 : 2) }
    /// Whether the sequence may be longer than a length of one byte can say.
    private var isLong: Bool { integerByteCount > 60 }

    /// The DER form of R ‖ S; `nil` unless it has exactly the curve's length and both integers are in 1 … n - 1.
    ///
    /// The range check stops the "psychic" signature R = S = 0 (CVE-2022-21449), which a verifier without it accepts
    /// for any message.
    func der(fromRaw raw: [UInt8]) -> [UInt8]? {
        guard raw.count == rawByteCount else { return nil }
        let r = raw[..<integerByteCount]
        let s = raw[integerByteCount...]
        guard isInRange(r), isInRange(s) else { return nil }
        var integers: [UInt8] = []
        integers.reserveCapacity(derByteCountMax)
        Self.appendInteger(r, to: &integers)
        Self.appendInteger(s, to: &integers)
        let length = integers.count < 0x80 ? [UInt8(integers.count)] : [0x81, UInt8(integers.count)]
        return [0x30] + length + integers
    }

    /// R ‖ S of a DER form as OpenSSL writes it; `nil` for anything else.
    func raw(fromDER der: Span<UInt8>) -> [UInt8]? {
        guard der.count <= derByteCountMax, der.count > 3, der[0] == 0x30 else { return nil }
        var position = 2
        if der[1] < 0x80 {
            guard Int(der[1]) == der.count - 2 else { return nil }
        } else {
            // DER: the long form only for lengths that need it.
            guard isLong, der[1] == 0x81, der[2] >= 0x80, Int(der[2]) == der.count - 3 else { return nil }
            position = 3
        }
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

    private func isInRange(_ integer: ArraySlice<UInt8>) -> Bool {
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

    /// The digits of the positive, minimally encoded integer at `position`, at most as long as the curve's; `nil` for
    /// anything else.
    private func integer(in der: Span<UInt8>, at position: inout Int) -> Range<Int>? {
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

/// The encoding of the server's own signatures.
extension ECDSASignatureEncoding {
    /// The length of R and of S on P-256.
    static var integerByteCount: Int { p256.integerByteCount }
    /// The longest DER form on P-256: 72 bytes.
    static var derByteCountMax: Int { p256.derByteCountMax }

    /// The DER form of R ‖ S on P-256.
    static func derSignature(fromRaw raw: [UInt8]) -> [UInt8]? { p256.der(fromRaw: raw) }

    /// R ‖ S of a DER form on P-256.
    static func rawSignature(fromDER der: Span<UInt8>) -> [UInt8]? { p256.raw(fromDER: der) }
}
