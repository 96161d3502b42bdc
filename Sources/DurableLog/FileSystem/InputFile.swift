import Glibc

/// A file that is read from its beginning, or from a place in it; it is closed when it is released.
///
/// Calls block. A symbolic link is followed: the operator names these files.
package final class InputFile: Sendable {
    private let descriptor: Int32
    private let path: String
    private let closesAtEnd: Bool

    /// The process's standard input.
    package static var standardInput: InputFile { InputFile(descriptor: STDIN_FILENO, name: "standard input") }

    /// Opens a file.
    ///
    /// - Throws: The kernel's refusal; ``FileSystemError/isMissing`` if there is no such file.
    package init(path: String) throws(FileSystemError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileSystemError(operation: "open", path: path, code: errno) }
        self.descriptor = descriptor
        self.path = path
        closesAtEnd = true
    }

    private init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        path = name
        closesAtEnd = false
    }

    deinit {
        if closesAtEnd { _ = close(descriptor) }
    }

    /// Reads the next bytes: as many as requested, fewer only at the end, none after it.
    package func read(_ count: Int) throws(FileSystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let taken = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), count - filled)
            }
            if taken == 0 { break }
            if taken > 0 {
                filled += taken
            } else if errno != EINTR {
                throw FileSystemError(operation: "read", path: path, code: errno)
            }
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    /// Reads everything that is left.
    package func readToEnd() throws(FileSystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let next = try read(1 << 20)
            guard !next.isEmpty else { return bytes }
            bytes += next
        }
    }

    /// Goes on at an offset from the file's beginning.
    package func seek(to offset: Int) throws(FileSystemError) {
        guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else {
            throw FileSystemError(operation: "lseek", path: path, code: errno)
        }
    }

    /// Goes to the file's end, and returns its offset: the file's length.
    package func seekToEnd() throws(FileSystemError) -> Int {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw FileSystemError(operation: "lseek", path: path, code: errno) }
        return Int(end)
    }
}
