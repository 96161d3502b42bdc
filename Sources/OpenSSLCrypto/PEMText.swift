internal import COpenSSL

/// RFC 7468: reads and writes keys as PEM text through a memory BIO, which OpenSSL overwrites when it frees it.
enum PEMText {
    /// The longest text that is read; a key of 8192 bits takes a tenth of it.
    static let byteCountMax = 64 * 1024

    /// The key that `decode` finds in `text`; throws `encryptedKey` or `unreadableKey`.
    static func read(_ text: String, _ decode: (OpaquePointer) -> OpaquePointer?) throws(CryptoError) -> NativeKey {
        let bytes = Array(text.utf8)
        guard bytes.count <= byteCountMax else {
            throw CryptoError(.unreadableKey, "the PEM text is too long for a key")
        }
        // PKCS#8 (RFC 5958) names it in the label, the older forms in a header (RFC 1421 §4.6.1.1).
        guard !text.contains("ENCRYPTED PRIVATE KEY-----"), !text.contains("Proc-Type: 4,ENCRYPTED") else {
            throw CryptoError(.encryptedKey, "the PEM key is protected by a passphrase; store it decrypted, mode 0600")
        }
        // The BIO reads `bytes` in place as long as it exists. The array must live longer, which the argument of the
        // call that makes the BIO does not guarantee.
        let found: Result<OpaquePointer, CryptoError> = unsafe bytes.withUnsafeBytes { buffer in
            guard let bio = unsafe BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count)) else {
                return unsafe .failure(.fromLibrary(.libraryFailure, "no memory for the PEM text"))
            }
            defer { unsafe BIO_free(bio) }
            guard let pointer = unsafe decode(bio) else {
                return unsafe .failure(
                    .fromLibrary(.unreadableKey, "the PEM text contains no key of the expected kind")
                )
            }
            return unsafe .success(pointer)
        }
        let pointer = try unsafe found.get()
        // Decoders that were tried in vain leave errors in the queue.
        _ = LibraryErrors.drain()
        return unsafe NativeKey(owning: pointer)
    }

    /// The text that `encode` writes, or `nil` if OpenSSL fails.
    static func write(_ encode: (OpaquePointer) -> Int32) -> String? {
        guard let bio = unsafe BIO_new(BIO_s_mem()) else { return nil }
        defer { unsafe BIO_free(bio) }
        guard unsafe encode(bio) == 1 else { return nil }
        var length = 0
        guard let start = unsafe gatehouse_bio_bytes(bio, &length) else { return nil }
        return unsafe UnsafeRawBufferPointer(start: start, count: length).withMemoryRebound(to: UInt8.self) { bytes in
            unsafe String(decoding: bytes, as: UTF8.self)
        }
    }
}
