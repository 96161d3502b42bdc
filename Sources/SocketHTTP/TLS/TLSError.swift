import COpenSSL
import Glibc

/// A certificate, key or TLS setting that OpenSSL refused.
package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What failed, with the file's name.
    package let operation: String
    /// OpenSSL's reason.
    package let reason: String

    /// Takes the first error from this thread's queue and empties the queue.
    init(_ operation: String) {
        self.operation = operation
        reason = Self.reason(ERR_get_error())
        ERR_clear_error()
    }

    private static func reason(_ code: UInt) -> String {
        // OpenSSL has no text for errors of the system.
        if code & systemFlag != 0, let text = unsafe strerror(CInt(truncatingIfNeeded: code & ~systemFlag)) {
            return unsafe String(cString: text)
        }
        guard code != 0, let text = unsafe ERR_reason_error_string(code) else { return "unknown" }
        let reason = unsafe String(cString: text)
        // OpenSSL's text when a passphrase is needed and cannot be asked for.
        return reason == "interrupted or cancelled" ? "it is encrypted; decrypt it with openssl pkey" : reason
    }

    /// `ERR_SYSTEM_FLAG`, a macro that Swift does not import: the rest of the code is an `errno`.
    private static let systemFlag: UInt = 0x8000_0000

    /// What failed, and why.
    package var description: String { "\(operation): \(reason)" }
}
