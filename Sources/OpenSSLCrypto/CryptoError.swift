internal import COpenSSL

/// A failure of a key, a sealed text or the library, described without a byte of any secret.
package struct CryptoError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kinds of failure that callers distinguish.
    package enum Code: String, Sendable {
        /// The PEM text holds no key that can be decoded.
        case unreadableKey
        /// The PEM text is encrypted with a passphrase. Such keys are refused: a key file is protected by its
        /// permissions.
        case encryptedKey
        /// A key of a kind, curve or size that this server does not use.
        case unsupportedKey
        /// RSA below 2048 bits or with an exponent that makes forgery easy, or an Ed25519 point of small order.
        case weakKey
        /// Components that do not form a key: a point off the curve, a wrong length, halves of different keys.
        case invalidKey
        /// A key, nonce or text of a length that the algorithm does not take.
        case invalidLength
        /// An algorithm that does not fit the key.
        case algorithmMismatch
        /// Sealed bytes that were changed, truncated, moved or sealed under another key.
        case authenticationFailed
        /// OpenSSL failed where it should not.
        case libraryFailure
    }

    /// The kind of failure.
    package let code: Code
    /// A sentence for the log, free of secrets.
    package let detail: String

    /// The kind and the sentence.
    package var description: String { "\(code.rawValue): \(detail)" }

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// An error that carries OpenSSL's last reason and leaves the thread's error queue empty.
    static func fromLibrary(_ code: Code, _ detail: String) -> CryptoError {
        guard let reason = LibraryErrors.drain() else { return CryptoError(code, detail) }
        return CryptoError(code, "\(detail) (\(reason))")
    }
}

/// OpenSSL's error queue of the current thread.
///
/// TLS shares the queue: `SSL_get_error` mistakes a leftover entry of a refused signature for a failure of its own
/// connection and drops an innocent client. Code that makes OpenSSL fail therefore empties the queue before it returns.
enum LibraryErrors {
    /// The newest reason, if any; the queue is empty afterwards.
    static func drain() -> String? {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        guard code != 0, let reason = unsafe ERR_reason_error_string(code) else { return nil }
        return unsafe String(cString: reason)
    }
}
