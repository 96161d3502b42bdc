package import Logging

/// Reads stored files for the commands about them, and changes nothing that a running server uses.
package struct StorageInspection: Sendable {
    /// A snapshot, or why it cannot be used.
    package struct Entry: Equatable, Sendable {
        /// The name of the file.
        package let file: String
        /// The snapshot's description, or what is wrong with it.
        package let result: Result<SnapshotDescription, StorageError>
    }

    /// The result of a complete check.
    package struct Verification: Equatable, Sendable {
        /// Every snapshot, oldest first, read to its end.
        package let snapshots: [Entry]
        /// What a start would find, or the error that would stop it.
        package let recovery: Result<RecoveryReport, StorageError>

        /// Whether everything is as it was written, except for an end that a crash may have torn.
        package var isWhole: Bool {
            guard case .success(let report) = recovery, !report.requiresSnapshot else { return false }
            return snapshots.allSatisfy { if case .success = $0.result { true } else { false } }
        }
    }

    let directory: StorageDirectory
    let key: StorageKey

    /// Prepares to inspect a directory; its key must exist already.
    package init(
        directory path: String,
        key: StorageKeySource,
        fileSystem: any FileSystem = POSIXFileSystem(),
        logger: Logger
    ) throws(StorageError) {
        directory = StorageDirectory(fileSystem: fileSystem, path: path)
        self.key = try key.existingKey(in: directory, logger: logger)
    }

    /// The snapshots' headers, oldest first.
    package func list() throws(StorageError) -> [Entry] {
        try entries { _ throws(StorageError) in }
    }

    /// Reads everything as a start would, and every snapshot to its end.
    ///
    /// Beside a running server the newest records may look like a torn end, because they are being written.
    package func verify() throws(StorageError) -> Verification {
        let snapshots = try entries { reader throws(StorageError) in try reader.verify() }
        let recovery = Result { () throws(StorageError) in
            do {
                return try RecoveryPlanner.plan(
                    directory,
                    contents: try directory.contents(),
                    key: key,
                    acceptedLosses: []
                ).report
            } catch {
                throw StorageError(error)
            }
        }
        return Verification(snapshots: snapshots, recovery: recovery)
    }

    /// Reads a backup file to its end.
    package static func verifyBackup(
        _ path: String,
        key: StorageKey,
        fileSystem: any FileSystem = POSIXFileSystem()
    ) throws(StorageError) -> SnapshotDescription {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        var reader = try SnapshotReader(path: path, name: name, key: key, fileSystem: fileSystem)
        try reader.verify()
        return reader.description
    }

    private func entries(
        _ check: (inout SnapshotReader) throws(StorageError) -> Void
    ) throws(StorageError) -> [Entry] {
        let numbers: [UInt64]
        do {
            numbers = try directory.contents().snapshots
        } catch {
            throw .fileSystem(error)
        }
        var entries: [Entry] = []
        for number in numbers {
            let name = StorageDirectory.snapshotName(number)
            do throws(StorageError) {
                var reader = try SnapshotReader(
                    path: directory.path(of: name),
                    name: name,
                    key: key,
                    fileSystem: directory.fileSystem
                )
                try check(&reader)
                entries.append(Entry(file: name, result: .success(reader.description)))
            } catch {
                // A running server may have removed it since the names were read.
                if case .fileSystem(let error) = error, error.isMissing { continue }
                entries.append(Entry(file: name, result: .failure(error)))
            }
        }
        return entries
    }
}
