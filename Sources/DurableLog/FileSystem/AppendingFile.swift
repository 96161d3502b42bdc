import Glibc

/// A destination that lines are appended to: a file, or a descriptor that the process was given.
///
/// Calls block; callers make them on a thread of their own.
package final class AppendingFile: Sendable {
    private let descriptor: Int32
    private let path: String
    private let closesAtEnd: Bool

    /// Opens a file with `O_APPEND`; creates it with mode 0600 if it is missing.
    ///
    /// Every write goes to the current end of the file, so that a file truncated in the meantime (`copytruncate`) gets
    /// no hole. A symbolic link is not followed: a user who may write to the directory could choose what we append to.
    package init(path: String) throws(FileSystemError) {
        let descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileSystemError(operation: "open", path: path, code: errno) }
        self.descriptor = descriptor
        self.path = path
        closesAtEnd = true
    }

    /// A descriptor that stays open, such as standard output, with a name for errors.
    package init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        path = name
        closesAtEnd = false
    }

    deinit {
        if closesAtEnd { _ = close(descriptor) }
    }

    /// Writes the bytes, or as many as the file takes; the caller may try the rest again later.
    ///
    /// - Returns: How many bytes were written, at least one.
    package func append(_ bytes: ArraySlice<UInt8>) throws(FileSystemError) -> Int {
        while true {
            let written = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 { return written }
            guard errno == EINTR else { throw FileSystemError(operation: "write", path: path, code: errno) }
        }
    }
}
