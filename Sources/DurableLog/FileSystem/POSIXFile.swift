import Glibc
import Synchronization

/// A file descriptor that is closed with its owner.
final class POSIXFile: OpenFile {
    let descriptor: Int32
    private let path: String

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        // An error here loses nothing: what had to be on the disk was synchronized before.
        _ = close(descriptor)
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(FileSystemError) {
        while true {
            let written = unsafe bytes.withUnsafeBytes {
                unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset))
            }
            if written == bytes.count { return }
            // No later write may build on the state after a short write: the caller abandons the file.
            if written >= 0 { throw FileSystemError(operation: "pwrite", path: path, code: ENOSPC) }
            guard errno == EINTR else { throw failure("pwrite") }
        }
    }

    func read(_ count: Int, at offset: UInt64) throws(FileSystemError) -> [UInt8] {
        var failed = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let received = unsafe pread(
                    descriptor,
                    buffer.baseAddress.map { unsafe $0 + filled },
                    count - filled,
                    off_t(offset) + off_t(filled)
                )
                if received == 0 { return }
                if received < 0 {
                    if errno == EINTR { continue }
                    failed = true
                    return
                }
                filled += received
            }
        }
        guard !failed else { throw failure("pread") }
        return bytes
    }

    func size() throws(FileSystemError) -> UInt64 {
        UInt64(try status().st_size)
    }

    func allocate(_ count: UInt64) throws(FileSystemError) {
        while true {
            let code = posix_fallocate(descriptor, 0, off_t(count))
            // On a file system without this call the file grows as it is written: slower, and just as safe.
            if code == 0 || code == EOPNOTSUPP { return }
            guard code == EINTR else { throw FileSystemError(operation: "fallocate", path: path, code: code) }
        }
    }

    func truncate(to count: UInt64) throws(FileSystemError) {
        while ftruncate(descriptor, off_t(count)) != 0 {
            guard errno == EINTR else { throw failure("ftruncate") }
        }
    }

    func synchronizeData() throws(FileSystemError) {
        // Not repeated after an error: after a failed sync the kernel may consider the lost pages clean.
        guard fdatasync(descriptor) == 0 else { throw failure("fdatasync") }
    }

    var isReadableByOthers: Bool {
        get throws(FileSystemError) { try status().st_mode & 0o077 != 0 }
    }

    private func status() throws(FileSystemError) -> stat {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("fstat") }
        return status
    }

    private func failure(_ operation: String) -> FileSystemError {
        FileSystemError(operation: operation, path: path, code: errno)
    }
}

/// A lock on a descriptor; closing the descriptor releases it.
final class POSIXFileLock: FileLock {
    private let file: Mutex<POSIXFile?>

    init(_ file: POSIXFile) {
        self.file = Mutex(file)
    }

    /// Unlocks before it closes: a child process that was forked and has not called `exec` yet holds a copy of the
    /// descriptor, and closing only ours would leave the lock with that copy.
    func release() {
        file.withLock { file in
            if let file { _ = flock(file.descriptor, LOCK_UN) }
            file = nil
        }
    }
}
