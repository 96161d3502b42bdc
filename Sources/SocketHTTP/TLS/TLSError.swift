import COpenSSL

/// A certificate, key or TLS setting that OpenSSL refused.
package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What could not be done, with the file's name.
    package let operation: String
    /// OpenSSL's reason.
    package let reason: String

    /// Takes the first error from this thread's queue and empties it.
    init(_ operation: String) {
        self.operation = operation
        let code = ERR_get_error()
        if code != 0, let text = unsafe ERR_reason_error_string(code) {
            reason = unsafe String(cString: text)
        } else {
            reason = "unknown"
        }
        ERR_clear_error()
    }

    /// What failed, and why.
    package var description: String { "\(operation): \(reason)" }
}
