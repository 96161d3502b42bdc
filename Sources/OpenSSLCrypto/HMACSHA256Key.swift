internal import COpenSSL

/// RFC 2104: a key for HMAC-SHA-256, ready to authenticate any number of messages on any thread.
package struct HMACSHA256Key: Sendable, Redacted {
    private let template: AuthenticationContext

    /// A key of any length; less than 32 random bytes is weaker than the hash.
    package init(_ bytes: [UInt8]) {
        template = AuthenticationContext(bytes)
    }

    /// The message's authentication code; compare codes with `==` or ``constantTimeEqual(_:_:)``.
    package func authenticationCode(for message: [UInt8]) -> SHA256Digest {
        template.authenticationCode(for: message)
    }
}

/// An OpenSSL context with the key set and nothing fed: each message works on a copy.
@safe
private final class AuthenticationContext: Sendable {
    // SAFETY: after `init` the context is only copied from, which reads it and counts references atomically.
    nonisolated(unsafe) private let context: OpaquePointer

    init(_ key: [UInt8]) {
        guard let context = unsafe gatehouse_hmac_sha256(key, key.count) else {
            preconditionFailure("this OpenSSL offers no HMAC-SHA-256")
        }
        unsafe self.context = context
    }

    // OpenSSL overwrites the key it holds when it frees it.
    deinit { unsafe EVP_MAC_CTX_free(context) }

    func authenticationCode(for message: [UInt8]) -> SHA256Digest {
        let copy = unsafe EVP_MAC_CTX_dup(context)
        defer { unsafe EVP_MAC_CTX_free(copy) }
        return unsafe SHA256Digest { output in
            var count = 0
            return unsafe EVP_MAC_update(copy, message, message.count) == 1
                && EVP_MAC_final(copy, output, &count, SHA256.byteCount) == 1 && count == SHA256.byteCount
        }
    }
}
