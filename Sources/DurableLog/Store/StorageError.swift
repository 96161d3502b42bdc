/// Why the storage cannot be opened or used; the description is the sentence for the operator.
package enum StorageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another process uses the directory.
    case locked(directory: String)
    /// Another user could replace files in the directory.
    case unprotected(directory: String, DirectoryAccess)
    /// There is no data, although a file shows that there was.
    case emptied(directory: String, evidence: String)
    /// There is data but no key to read it with.
    case keyMissing(keyFile: String)
    /// A key file that does not contain a key.
    case invalidKey(keyFile: String, StorageKeyError)
    /// A file was sealed with another key.
    case wrongKey(file: String)
    /// A file is damaged.
    case damaged(Damage)
    /// A file was written by a newer version.
    case unsupportedVersion(file: String, version: UInt32)
    /// A backup can be restored only into an empty directory.
    case directoryNotEmpty(String)
    /// There is no snapshot to export.
    case noSnapshot(directory: String)
    /// A snapshot is being written already.
    case snapshotInProgress
    /// A section or chunk out of place, or larger than the format allows.
    case invalidSnapshotContent(String)
    /// The journal currently takes no records.
    case journal(JournalError)
    /// A system call failed.
    case fileSystem(FileSystemError)
    /// The cryptographic or compression library failed.
    case library(String)

    /// What happened, where, and what to do about it.
    package var description: String {
        switch self {
        case .locked(let directory):
            "another process uses the storage directory \(directory): stop it, or give this one its own directory"
        case .unprotected(let directory, let access):
            access.isOwned
                ? "other users may change \(directory): chmod go-w it, or use a subdirectory that gatehouse creates"
                : "\(directory) belongs to another user: chown it, or use a subdirectory that gatehouse creates"
        case .emptied(let directory, let evidence):
            """
            \(directory) contains no data, although its \(evidence) shows that it did: mount the volume or restore a \
            backup, or start once with --accept-loss \(evidence) to begin with an empty store
            """
        case .keyMissing(let keyFile):
            "the storage directory has data but no key: configure storage.encryption_key, or restore \(keyFile)"
        case .invalidKey(let keyFile, let error):
            "\(keyFile): \(error)"
        case .wrongKey(let file):
            "\(file) is sealed with a key other than the configured one: configure the key that it was written with"
        case .damaged(let damage):
            damage.description
        case .unsupportedVersion(let file, let version):
            "\(file) has format version \(version), which this version of gatehouse cannot read: run a newer version"
        case .directoryNotEmpty(let directory):
            "\(directory) is not empty: restore the backup into an empty directory"
        case .noSnapshot(let directory):
            "\(directory) contains no snapshot to export"
        case .snapshotInProgress:
            "a snapshot is being written already"
        case .invalidSnapshotContent(let detail):
            "snapshot: \(detail)"
        case .journal(.unavailable):
            "the journal cannot write to its disk"
        case .journal(.closed):
            "the journal is closed"
        case .fileSystem(let error):
            error.description
        case .library(let detail):
            detail
        }
    }
}

/// A place in a file that is not as it was written, or where records are missing.
package struct Damage: Error, Equatable, Sendable, CustomStringConvertible {
    /// The name of the file within the storage directory.
    package let file: String
    /// Where in the file, in bytes.
    package let offset: UInt64
    /// What is wrong at that place.
    package let detail: String

    /// A place of damage.
    package init(file: String, offset: UInt64, detail: String) {
        self.file = file
        self.offset = offset
        self.detail = detail
    }

    /// What the operator can do.
    package var remedy: String {
        "restore a backup into an empty directory, or start once with --accept-loss \(file) to continue without the lost data"
    }

    /// File, offset, and what is wrong.
    package var finding: String {
        "\(file) is damaged at offset \(offset): \(detail)"
    }

    /// The finding, and the remedy.
    package var description: String {
        "\(finding); \(remedy)"
    }
}
