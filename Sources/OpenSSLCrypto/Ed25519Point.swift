/// RFC 8032 §5.1.3: the encodings of Ed25519 points that we refuse as public keys.
///
/// OpenSSL takes any 32 bytes. Under a key of small order one signature is valid for many messages, so its owner can
/// deny, or claim, having signed one.
enum Ed25519Point {
    /// The y coordinates, little-endian, of the points whose order divides 8.
    private static let smallOrders: [[UInt8]] = [
        [0] + [UInt8](repeating: 0, count: 31),
        [1] + [UInt8](repeating: 0, count: 31),
        [0xec] + [UInt8](repeating: 0xff, count: 30) + [0x7f],
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
            0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
            0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
    ]

    /// Throws unless the 32 bytes are the canonical encoding of a y coordinate of a point that is not of small order.
    static func check(_ encoding: [UInt8]) throws(CryptoError) {
        var y = encoding
        y[31] &= 0x7f
        // y must be less than 2^255 - 19; otherwise the same point would have two encodings, and the key two
        // thumbprints.
        let isCanonical = y[31] != 0x7f || y[0] < 0xed || y[1..<31].contains { $0 != 0xff }
        guard isCanonical else { throw CryptoError(.invalidKey, "the Ed25519 key is not encoded canonically") }
        guard !smallOrders.contains(y) else { throw CryptoError(.weakKey, "the Ed25519 key has a small order") }
    }
}
