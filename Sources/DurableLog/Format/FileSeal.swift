internal import OpenSSLCrypto

/// Seals and opens the frames of one file; every frame is bound to the file's header and to its position.
///
/// Nonce: tag 4 ‖ counter 8. The key belongs to this file alone and each counter is used once in it, so no nonce
/// repeats. A frame that is moved within the file, or comes from another file, does not open.
struct FileSeal: Sendable {
    private let key: AES256GCMKey
    private let binding: [UInt8]

    init(key: AES256GCMKey, header: [UInt8]) {
        self.key = key
        binding = SHA256.hash(header).bytes
    }

    func seal(
        _ plaintext: [UInt8],
        counter: UInt64,
        tag: UInt32,
        frameHeader: ArraySlice<UInt8>
    ) throws(CryptoError) -> [UInt8] {
        try key.seal(plaintext, nonce: nonce(counter, tag), authenticating: binding + frameHeader)
    }

    func open(
        _ sealed: [UInt8],
        counter: UInt64,
        tag: UInt32,
        frameHeader: ArraySlice<UInt8>
    ) throws(CryptoError) -> [UInt8] {
        try key.open(sealed, nonce: nonce(counter, tag), authenticating: binding + frameHeader)
    }

    private func nonce(_ counter: UInt64, _ tag: UInt32) -> [UInt8] {
        var nonce: [UInt8] = []
        nonce.reserveCapacity(12)
        nonce.append(bigEndian: tag)
        nonce.append(bigEndian: counter)
        return nonce
    }
}
