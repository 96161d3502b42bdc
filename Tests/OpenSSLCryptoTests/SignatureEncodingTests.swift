import Testing

@testable import OpenSSLCrypto

/// RFC 7518 §3.4: R ‖ S and DER (JW-5, D-35).
struct SignatureEncodingTests {
    private static let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
    private static let orderLessOne = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550")
    private static let zero = [UInt8](repeating: 0, count: 32)
    private static let one = [UInt8](repeating: 0, count: 31) + [1]
    private static let signBit = [UInt8](repeating: 0, count: 31) + [0x80]

    private func rawSignature(_ der: [UInt8]) -> [UInt8]? {
        ECDSASignatureEncoding.rawSignature(fromDER: der.span)
    }

    @Test func bothWaysByHand() {
        let raw = Self.one + Self.signBit
        let der = hex("3007 020101 02020080")
        #expect(ECDSASignatureEncoding.derSignature(fromRaw: raw) == der)
        #expect(rawSignature(der) == raw)
    }

    @Test func theLongestForm() throws {
        let raw = Self.orderLessOne + Self.orderLessOne
        let der = try #require(ECDSASignatureEncoding.derSignature(fromRaw: raw))
        #expect(der.count == ECDSASignatureEncoding.derByteCountMax)
        #expect(rawSignature(der) == raw)
    }

    @Test func theIndependentLibraryEncodesAlike() {
        #expect(ECDSASignatureEncoding.derSignature(fromRaw: SignatureFixtures.es256) == SignatureFixtures.es256DER)
        #expect(
            rawSignature(SignatureFixtures.es256DER) == SignatureFixtures.es256
        )
    }

    @Test("Integers out of 1 … n - 1 and other lengths have no DER form")
    func rawRefusals() {
        let refused = [
            Self.zero + Self.zero, Self.zero + Self.one, Self.one + Self.zero, Self.order + Self.one,
            Self.one + Self.order, Self.one + [UInt8](repeating: 0xff, count: 32), [], Self.one,
            Self.one + Self.one.dropFirst(), Self.one + Self.one + [0], SignatureFixtures.es256DER,
        ]
        for raw in refused {
            #expect(ECDSASignatureEncoding.derSignature(fromRaw: raw) == nil, "\(hex(raw))")
        }
        #expect(ECDSASignatureEncoding.derSignature(fromRaw: Self.one + Self.orderLessOne) != nil)
    }

    @Test(
        "DER that is not strict is refused",
        arguments: [
            "", "30", "3000", "3003020101", "31 06 020101 020101", "30 07 020101 020101", "30 05 020101 020101",
            "30 06 020101 020101 00", "30 07 020101 020101 00", "30 06 030101 020101", "30 06 020101 030101",
            "30 05 0200 020101", "30 05 020101 0200", "30 06 020181 020101", "30 07 02020001 020101",
            "30 07 020101 02020001", "30 81 06 020101 020101", "30 80 020101 020101 0000", "30 06 020201 020101",
            "30 06 020101 020201", "30 06 0201", "30 06 02ff01 020101", "30 03 020101", "30 09 020101 020101 020101",
            "30 26 022101000000000000000000000000000000000000000000000000000000000000000000 020101",
        ]
    )
    func derRefusals(der: String) {
        #expect(rawSignature(hex(der)) == nil)
    }

    @Test func everyCutOfADERFormIsRefused() {
        let der = SignatureFixtures.es256DER
        for count in 0..<der.count {
            #expect(rawSignature(Array(der.prefix(count))) == nil)
        }
    }
}
