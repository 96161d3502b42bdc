import Foundations
import Glibc

/// A failed system call on a file: which call, on which path, and the kernel's reason.
package struct FileSystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The name of the system call.
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

    /// Whether the path does not exist.
    package var isMissing: Bool { code == ENOENT }

    /// Whether another process holds the lock.
    package var isLocked: Bool { code == EWOULDBLOCK }

    /// The error of a thread that the system cannot create.
    init(_ refusal: OwnThread.Refusal) {
        self.init(operation: "pthread_create", path: "", code: refusal.code)
    }

    /// The error of making a file that exists already.
    static func exists(_ path: String) -> FileSystemError {
        FileSystemError(operation: "create", path: path, code: EEXIST)
    }

    /// The sentence for a log or a terminal.
    package var description: String {
        guard code != ELOOP else { return "\(operation) \(path): is a symbolic link, which is not followed here" }
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error"
        return "\(operation) \(path): \(reason) (\(code))"
    }
}
