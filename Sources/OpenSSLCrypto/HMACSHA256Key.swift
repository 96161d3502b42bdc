internal import COpenSSL
import Foundations

/// RFC 2104: an HMAC-SHA-256 key, which authenticates any number of messages on any thread.
package struct HMACSHA256Key: Sendable, Redacted {
    private let blocks: KeyBlocks

    /// A key of any length; less than 32 random bytes is weaker than the hash.
    package init(_ bytes: [UInt8]) {
        blocks = KeyBlocks(bytes)
    }

    /// The message's authentication code; compare codes with `==` or ``constantTimeEqual(_:_:)``.
    package func authenticationCode(for message: [UInt8]) -> SHA256Digest {
        blocks.authenticationCode(for: message.span)
    }

    /// The authentication code of borrowed bytes.
    package func authenticationCode(for message: Span<UInt8>) -> SHA256Digest {
        blocks.authenticationCode(for: message)
    }
}

/// The hashed inner and outer block of a key, overwritten when they are released.
@safe
private final class KeyBlocks: Sendable {
    // SAFETY: written in `init` and `deinit`, when no other thread has a reference; in between it is only read.
    nonisolated(unsafe) private let key = UnsafeMutablePointer<gatehouse_hmac_sha256_key>.allocate(capacity: 1)

    init(_ bytes: [UInt8]) {
        unsafe gatehouse_hmac_sha256_prepare(key, bytes, bytes.count)
    }

    deinit {
        unsafe OPENSSL_cleanse(key, MemoryLayout<gatehouse_hmac_sha256_key>.size)
        unsafe key.deallocate()
    }

    func authenticationCode(for message: Span<UInt8>) -> SHA256Digest {
        unsafe SHA256Digest { output in
            unsafe message.withUnsafeBytes { bytes in
                unsafe gatehouse_hmac_sha256(key, bytes.baseAddress, bytes.count, output)
            }
        }
    }
}
