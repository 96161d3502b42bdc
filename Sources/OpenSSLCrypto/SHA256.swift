internal import COpenSSL

/// FIPS 180-4: SHA-256, the hash of tokens, codes, PKCE verifiers and key thumbprints.
package enum SHA256 {
    /// The length of a digest.
    package static let byteCount = 32

    /// The digest of borrowed bytes.
    package static func hash(_ bytes: Span<UInt8>) -> SHA256Digest {
        unsafe SHA256Digest { output in
            unsafe bytes.withUnsafeBytes { input in unsafe gatehouse_sha256(input.baseAddress, input.count, output) }
        }
    }

    /// The digest of an array of bytes.
    package static func hash(_ bytes: [UInt8]) -> SHA256Digest { hash(bytes.span) }

    /// The digest of a text's UTF-8 bytes.
    package static func hash(_ text: String) -> SHA256Digest { hash(text.utf8Span.span) }
}
