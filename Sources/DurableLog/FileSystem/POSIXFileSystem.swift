import Glibc

/// The machine's file system.
package struct POSIXFileSystem: FileSystem {
    /// The only instance.
    package init() {}

    /// Makes the directory and its missing parents, 0700.
    package func createDirectory(_ path: String) throws(FileSystemError) {
        if unsafe mkdir(path, 0o700) == 0 { return }
        let code = errno
        if code == EEXIST { return }
        guard code == ENOENT, let parent = parent(of: path) else {
            throw FileSystemError(operation: "mkdir", path: path, code: code)
        }
        try createDirectory(parent)
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("mkdir", path) }
        try synchronizeDirectory(parent)
    }

    /// `fstat(2)` of the directory, or of the one that a link to it names.
    package func access(toDirectory path: String) throws(FileSystemError) -> DirectoryAccess {
        let directory = try open(path, O_RDONLY | O_DIRECTORY)
        var status = stat()
        guard unsafe fstat(directory.descriptor, &status) == 0 else { throw failure("fstat", path) }
        return DirectoryAccess(
            isOwned: status.st_uid == geteuid(),
            isWritableByOthers: status.st_mode & (S_IWGRP | S_IWOTH) != 0
        )
    }

    /// The entries except `.` and `..`.
    package func names(in directory: String) throws(FileSystemError) -> [String] {
        guard let stream = unsafe opendir(directory) else { throw failure("opendir", directory) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                guard errno == 0 else { throw failure("readdir", directory) }
                return names
            }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
    }

    /// Opens with `O_EXCL`, 0600.
    package func createFile(_ path: String) throws(FileSystemError) -> any OpenFile {
        try open(path, O_RDWR | O_CREAT | O_EXCL)
    }

    /// Opens for reading and truncating where permitted, otherwise for reading.
    package func openFile(_ path: String) throws(FileSystemError) -> any OpenFile {
        do {
            return try open(path, O_RDWR | O_NOFOLLOW)
        } catch {
            // A backup may be on a medium, or belong to an owner, that permits reading only.
            guard error.code == EACCES || error.code == EROFS || error.code == EPERM else { throw error }
            return try open(path, O_RDONLY | O_NOFOLLOW)
        }
    }

    /// `rename(2)`.
    package func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        guard unsafe Glibc.rename(path, newPath) == 0 else { throw failure("rename", path) }
    }

    /// `unlink(2)`.
    package func remove(_ path: String) throws(FileSystemError) {
        guard unsafe unlink(path) == 0 else { throw failure("unlink", path) }
    }

    /// `fsync` of the directory itself: without it a crash may lose a file's name although its contents are safe.
    package func synchronizeDirectory(_ path: String) throws(FileSystemError) {
        let directory = try open(path, O_RDONLY | O_DIRECTORY)
        guard fsync(directory.descriptor) == 0 else { throw failure("fsync", path) }
    }

    /// `flock(2)`, which the kernel releases however the process ends.
    package func lock(_ path: String) throws(FileSystemError) -> any FileLock {
        let file = try open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
        while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EINTR else { throw failure("flock", path) }
        }
        return POSIXFileLock(file)
    }

    private func open(_ path: String, _ flags: Int32) throws(FileSystemError) -> POSIXFile {
        while true {
            let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
            if descriptor >= 0 { return POSIXFile(descriptor: descriptor, path: path) }
            guard errno == EINTR else { throw failure("open", path) }
        }
    }

    private func failure(_ operation: String, _ path: String) -> FileSystemError {
        FileSystemError(operation: operation, path: path, code: errno)
    }

    private func parent(of path: String) -> String? {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
        return String(path[..<slash])
    }
}
