import Glibc

/// Something that lines are appended to: a file, or a descriptor that the process was given.
///
/// Calls block; they are made on a thread of the caller's own.
package final class AppendingFile: Sendable {
    private let descriptor: Int32
    private let path: String
    private let closesAtEnd: Bool

    /// Opens a file with `O_APPEND`, made with 0600 if there is none.
    ///
    /// Every write goes to the end that the file has then: one that is cut meanwhile (`copytruncate`) gets no hole.
    package init(path: String) throws(FileSystemError) {
        let descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileSystemError(operation: "open", path: path, code: errno) }
        self.descriptor = descriptor
        self.path = path
        closesAtEnd = true
    }

    /// A descriptor that stays open, such as standard output, under a name for errors.
    package init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        path = name
        closesAtEnd = false
    }

    deinit {
        if closesAtEnd { _ = close(descriptor) }
    }

    /// Writes the bytes, or as many as the file takes; the rest may be tried again later.
    ///
    /// - Returns: How many were written, at least one of several.
    package func append(_ bytes: ArraySlice<UInt8>) throws(FileSystemError) -> Int {
        while true {
            let written = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 { return written }
            guard errno == EINTR else { throw FileSystemError(operation: "write", path: path, code: errno) }
        }
    }
}
