import Glibc

/// A system call on a file that failed: which, on what, and the kernel's reason.
package struct FileSystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried, as the system call is called.
    package let operation: String
    /// The file or directory.
    package let path: String
    /// The value of `errno`.
    package let code: Int32

    /// A failure of one call.
    package init(operation: String, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// Whether the path names nothing.
    package var isMissing: Bool { code == ENOENT }

    /// Whether another process holds the lock.
    package var isLocked: Bool { code == EWOULDBLOCK }

    /// The error of making a file that is there already.
    static func exists(_ path: String) -> FileSystemError {
        FileSystemError(operation: "create", path: path, code: EEXIST)
    }

    /// The sentence for a log or a terminal.
    package var description: String {
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error"
        return "\(operation) \(path): \(reason) (\(code))"
    }
}
