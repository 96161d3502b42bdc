import DurableLog
import Synchronization

/// The real disk, which stops taking anything when a test says so: full, or broken.
final class FailingFileSystem: FileSystem {
    private let disk = POSIXFileSystem()
    private let failure = Mutex<Int32?>(nil)

    /// The value of `errno` that everything fails with that would change the disk.
    var code: Int32? {
        get { failure.withLock { $0 } }
        set { failure.withLock { $0 = newValue } }
    }

    fileprivate func check(_ operation: String, _ path: String) throws(FileSystemError) {
        if let code { throw FileSystemError(operation: operation, path: path, code: code) }
    }

    func createDirectory(_ path: String) throws(FileSystemError) { try disk.createDirectory(path) }

    func access(toDirectory path: String) throws(FileSystemError) -> DirectoryAccess {
        try disk.access(toDirectory: path)
    }

    func names(in directory: String) throws(FileSystemError) -> [String] { try disk.names(in: directory) }

    func createFile(_ path: String) throws(FileSystemError) -> any OpenFile {
        try check("open", path)
        return File(file: try disk.createFile(path), path: path, disk: self)
    }

    func openFile(_ path: String) throws(FileSystemError) -> any OpenFile {
        File(file: try disk.openFile(path), path: path, disk: self)
    }

    func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        try check("rename", path)
        try disk.rename(path, to: newPath)
    }

    func remove(_ path: String) throws(FileSystemError) { try disk.remove(path) }

    func synchronizeDirectory(_ path: String) throws(FileSystemError) {
        try check("fsync", path)
        try disk.synchronizeDirectory(path)
    }

    func lock(_ path: String) throws(FileSystemError) -> any FileLock { try disk.lock(path) }

    private struct File: OpenFile {
        let file: any OpenFile
        let path: String
        let disk: FailingFileSystem

        func write(_ bytes: [UInt8], at offset: UInt64) throws(FileSystemError) {
            try disk.check("write", path)
            try file.write(bytes, at: offset)
        }

        func read(_ count: Int, at offset: UInt64) throws(FileSystemError) -> [UInt8] {
            try file.read(count, at: offset)
        }

        func size() throws(FileSystemError) -> UInt64 { try file.size() }

        func allocate(_ count: UInt64) throws(FileSystemError) {
            try disk.check("allocate", path)
            try file.allocate(count)
        }

        func truncate(to count: UInt64) throws(FileSystemError) { try file.truncate(to: count) }

        func synchronizeData() throws(FileSystemError) {
            try disk.check("fdatasync", path)
            try file.synchronizeData()
        }

        var isReadableByOthers: Bool {
            get throws(FileSystemError) { try file.isReadableByOthers }
        }
    }
}
