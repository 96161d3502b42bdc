import Glibc

/// A system call on a socket that failed.
package struct SocketError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The system call and what it operated on.
    package let operation: String
    /// The error number (`errno`).
    package let code: CInt

    /// Makes an error from the failed call and its error number.
    package init(operation: String, code: CInt) {
        self.operation = operation
        self.code = code
    }

    /// The call and the system's text for the number.
    package var description: String {
        "\(operation): \(unsafe String(cString: strerror(code)))"
    }
}
