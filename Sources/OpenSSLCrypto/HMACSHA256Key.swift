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
        template.authenticationCode(for: message.span)
    }

    /// The authentication code of borrowed bytes.
    package func authenticationCode(for message: Span<UInt8>) -> SHA256Digest {
        template.authenticationCode(for: message)
    }
}

/// An OpenSSL context with the key set and nothing fed: messages are authenticated in copies, which are kept for the next.
@safe
private final class AuthenticationContext: Sendable {
    // SAFETY: after `init` the template is only copied from, which reads it and counts references atomically.
    nonisolated(unsafe) private let template: OpaquePointer
    private let idle = unsafe IdleContexts { context in unsafe EVP_MAC_CTX_free(context) }

    init(_ key: [UInt8]) {
        guard let context = unsafe gatehouse_hmac_sha256(key, key.count) else {
            preconditionFailure("this OpenSSL offers no HMAC-SHA-256")
        }
        unsafe template = context
    }

    // OpenSSL overwrites the key it holds when it frees it.
    deinit { unsafe EVP_MAC_CTX_free(template) }

    func authenticationCode(for message: Span<UInt8>) -> SHA256Digest {
        unsafe SHA256Digest { output in
            unsafe idle.withContext(make: { unsafe EVP_MAC_CTX_dup(template) }) { context in
                unsafe Self.authenticate(message, in: context, output)
            } ?? false
        }
    }

    private static func authenticate(
        _ message: Span<UInt8>,
        in context: OpaquePointer,
        _ output: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        var count = 0
        // Without a key, beginning anew keeps the one that the context has.
        return unsafe message.withUnsafeBytes { bytes in
            unsafe EVP_MAC_init(context, nil, 0, nil) == 1
                && EVP_MAC_update(context, bytes.baseAddress, bytes.count) == 1
                && EVP_MAC_final(context, output, &count, SHA256.byteCount) == 1 && count == SHA256.byteCount
        }
    }
}
