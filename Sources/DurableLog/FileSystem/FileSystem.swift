/// The calls that the storage makes on the disk, so that a test can fail or stop at every one of them.
///
/// All calls block; the storage makes them at start and on threads of its own.
package protocol FileSystem: Sendable {
    /// Makes a directory with mode 0700, and its parents; an existing one is left as it is.
    func createDirectory(_ path: String) throws(FileSystemError)

    /// Who owns a directory, and who may change what is in it.
    func access(toDirectory path: String) throws(FileSystemError) -> DirectoryAccess

    /// The names of a directory's entries, unordered.
    func names(in directory: String) throws(FileSystemError) -> [String]

    /// Makes an empty file with mode 0600; fails if the path exists.
    func createFile(_ path: String) throws(FileSystemError) -> any OpenFile

    /// Opens a file for reading and truncating; a symbolic link is not followed.
    func openFile(_ path: String) throws(FileSystemError) -> any OpenFile

    /// Renames a file in one step, replacing the file that had the new name.
    func rename(_ path: String, to newPath: String) throws(FileSystemError)

    /// Removes a name.
    func remove(_ path: String) throws(FileSystemError)

    /// Returns once the directory's names are on the disk.
    func synchronizeDirectory(_ path: String) throws(FileSystemError)

    /// Takes the lock that this file represents, or fails with `isLocked` when another process holds it; a symbolic
    /// link is not followed.
    func lock(_ path: String) throws(FileSystemError) -> any FileLock
}

/// Who owns a directory, and who may change what is in it.
package struct DirectoryAccess: Equatable, Sendable {
    /// Whether it belongs to the user that this process runs as.
    package let isOwned: Bool
    /// Whether its group or everybody may add, replace and remove files.
    package let isWritableByOthers: Bool

    /// A directory's access.
    package init(isOwned: Bool, isWritableByOthers: Bool) {
        self.isOwned = isOwned
        self.isWritableByOthers = isWritableByOthers
    }
}

/// An open file; it is closed when it is released.
package protocol OpenFile: Sendable {
    /// Writes all bytes at an offset; a short write counts as a failure.
    func write(_ bytes: [UInt8], at offset: UInt64) throws(FileSystemError)

    /// Reads bytes at an offset; fewer than requested only at the end of the file.
    func read(_ count: Int, at offset: UInt64) throws(FileSystemError) -> [UInt8]

    /// The length of the file.
    func size() throws(FileSystemError) -> UInt64

    /// Extends the file to this length with zeros, and reserves the space where the disk supports that.
    func allocate(_ count: UInt64) throws(FileSystemError)

    /// Truncates the file to this length.
    func truncate(to count: UInt64) throws(FileSystemError)

    /// Returns once the contents are on the disk (`fdatasync`).
    func synchronizeData() throws(FileSystemError)

    /// Whether users other than the owner may read the file.
    var isReadableByOthers: Bool { get throws(FileSystemError) }
}

/// A lock that is held until it is released, at the latest with the process.
package protocol FileLock: Sendable {
    /// Releases the lock, so that another process can take it.
    func release()
}
