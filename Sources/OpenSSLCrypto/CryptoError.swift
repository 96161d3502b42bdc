internal import COpenSSL

/// What went wrong with a key, a sealed text or the library, without a byte of any secret.
package struct CryptoError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kinds of failure a caller can tell apart.
    package enum Code: String, Sendable {
        /// The PEM text holds no key that can be decoded.
        case unreadableKey
        /// The PEM text is protected by a passphrase; keys are read from protected files, not with a passphrase.
        case encryptedKey
        /// A key of a kind, curve or size this server does not use.
        case unsupportedKey
        /// RSA below 2048 bits or with an exponent that makes forgery easy, or an Ed25519 point of small order.
        case weakKey
        /// Components that are no key: a point off the curve, a wrong length, halves that do not belong together.
        case invalidKey
        /// A key, nonce or text whose length the algorithm does not take.
        case invalidLength
        /// An algorithm that does not go with the key.
        case algorithmMismatch
        /// Sealed bytes that were altered, cut, moved or sealed under another key.
        case authenticationFailed
        /// OpenSSL refused something that it should do.
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

    /// An error that takes OpenSSL's last reason along and leaves the thread's error queue empty.
    static func fromLibrary(_ code: Code, _ detail: String) -> CryptoError {
        guard let reason = LibraryErrors.drain() else { return CryptoError(code, detail) }
        return CryptoError(code, "\(detail) (\(reason))")
    }
}

/// OpenSSL's error queue of the current thread.
///
/// TLS shares it: `SSL_get_error` takes a leftover entry of a refused signature for a failure of its own connection and
/// drops an innocent client, so whoever makes OpenSSL fail empties the queue before returning.
enum LibraryErrors {
    /// The newest reason, if any; the queue is empty afterwards.
    static func drain() -> String? {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        guard code != 0, let reason = unsafe ERR_reason_error_string(code) else { return nil }
        return unsafe String(cString: reason)
    }
}
