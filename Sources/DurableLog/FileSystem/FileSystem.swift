/// The calls that the storage makes on the disk, so that a test can fail or stop at every single one of them.
///
/// All calls block; they are made at start and on threads of the storage's own.
package protocol FileSystem: Sendable {
    /// Makes a directory that only its owner may enter, with its parents; one that exists is left as it is.
    func createDirectory(_ path: String) throws(FileSystemError)

    /// The names of a directory's entries, in no order.
    func names(in directory: String) throws(FileSystemError) -> [String]

    /// Makes an empty file that only its owner may read and write; fails if the path exists.
    func createFile(_ path: String) throws(FileSystemError) -> any OpenFile

    /// Opens a file for reading and truncating.
    func openFile(_ path: String) throws(FileSystemError) -> any OpenFile

    /// Gives a file another name in one step, in place of whatever had that name.
    func rename(_ path: String, to newPath: String) throws(FileSystemError)

    /// Takes a name away.
    func remove(_ path: String) throws(FileSystemError)

    /// Returns once the directory's names are on the disk.
    func synchronizeDirectory(_ path: String) throws(FileSystemError)

    /// Takes the lock that this file stands for, or fails with `isLocked` when another holder has it.
    func lock(_ path: String) throws(FileSystemError) -> any FileLock
}

/// A file that is open; it is closed when it is released.
package protocol OpenFile: Sendable {
    /// Writes all of the bytes at an offset; a write that stays short counts as failed.
    func write(_ bytes: [UInt8], at offset: UInt64) throws(FileSystemError)

    /// Reads bytes at an offset; fewer than asked for only at the end of the file.
    func read(_ count: Int, at offset: UInt64) throws(FileSystemError) -> [UInt8]

    /// The length of the file.
    func size() throws(FileSystemError) -> UInt64

    /// Makes the file this long with zeros and reserves the room on the disk, where the disk can do that.
    func allocate(_ count: UInt64) throws(FileSystemError)

    /// Cuts the file to this length.
    func truncate(to count: UInt64) throws(FileSystemError)

    /// Returns once the contents are on the disk (`fdatasync`).
    func synchronizeData() throws(FileSystemError)

    /// Whether others than the owner may read the file.
    var isReadableByOthers: Bool { get throws(FileSystemError) }
}

/// A lock that is held until it is released, at the latest with the process.
package protocol FileLock: Sendable {
    /// Lets the next holder in.
    func release()
}
