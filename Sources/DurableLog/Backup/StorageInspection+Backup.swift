package import OpenSSLCrypto

extension StorageInspection {
    /// Copies the newest whole snapshot to one file.
    ///
    /// With the key, this backup can be restored on any machine.
    ///
    /// It may run beside a server; changes after the snapshot are not in it.
    ///
    /// - Parameter path: The file to make, which must not exist.
    /// - Returns: What the backup contains.
    /// - Throws: `noSnapshot`, or `damaged` if no snapshot is whole.
    package func export(to path: String) throws(StorageError) -> SnapshotDescription {
        var failure: StorageError = .noSnapshot(directory: directory.path)
        for entry in try list().reversed() {
            let source = directory.path(of: entry.file)
            do throws(StorageError) {
                _ = try Self.verifyBackup(source, key: key, fileSystem: directory.fileSystem)
            } catch {
                // The newest whole snapshot is used; without one, the newest one's damage is reported.
                if case .noSnapshot = failure { failure = error }
                continue
            }
            return try Self.copy(source, to: path, key: key, fileSystem: directory.fileSystem)
        }
        throw failure
    }

    /// Puts a backup into an empty directory, where a server can start from it.
    ///
    /// - Parameters:
    ///   - backup: A file that `export` made.
    ///   - path: The directory: missing, or empty except for the key, the lock and `others`.
    ///   - others: Files of the server that hold no state, and remain as they are.
    ///   - key: The key that the backup was sealed with.
    ///   - seconds: Now, in seconds since 1970: from when on the state may lack what was acknowledged.
    ///   - fileSystem: The disk.
    ///   - random: The source of the mark's salt.
    /// - Returns: What was restored.
    /// - Throws: `directoryNotEmpty`, `locked`, `wrongKey`, or `damaged`; the directory then stays empty.
    package static func restore(
        _ backup: String,
        into path: String,
        besides others: Set<String> = [],
        key: StorageKey,
        seconds: Int64,
        fileSystem: any FileSystem = POSIXFileSystem(),
        random: any RandomSource = SystemRandomSource()
    ) throws(StorageError) -> SnapshotDescription {
        let description = try verifyBackup(backup, key: key, fileSystem: fileSystem)
        let directory = StorageDirectory(fileSystem: fileSystem, path: path)
        let lock = try directory.lock()
        defer { lock.release() }
        do {
            let contents = try directory.contents()
            // A file system's own directory is not data.
            guard !contents.hasData, contents.others.allSatisfy({ $0 == "lost+found" || others.contains($0) })
            else {
                throw StorageError.directoryNotEmpty(path)
            }
            try directory.remove(contents.temporaries)
        } catch {
            throw StorageError(error)
        }
        // Before the data: an interruption leaves an empty directory, never a restored one that does not know it.
        try directory.writeMarker(.restoration, seconds: seconds, key: key, random: random)
        let name = StorageDirectory.snapshotName(description.number)
        return try copy(backup, to: directory.path(of: name), key: key, fileSystem: fileSystem)
    }

    /// Copies a snapshot; the copy gets its name only after it was read back whole and is on the disk.
    private static func copy(
        _ source: String,
        to path: String,
        key: StorageKey,
        fileSystem: any FileSystem
    ) throws(StorageError) -> SnapshotDescription {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let parent = parts.dropLast().joined(separator: "/")
        let target = StorageDirectory(
            fileSystem: fileSystem,
            path: parent.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : parent
        )
        let name = String(parts.last ?? "")
        do {
            // Refused before the first byte: a rename would silently replace an older backup.
            guard try !fileSystem.names(in: target.path).contains(name) else {
                throw FileSystemError.exists(path)
            }
            let from = try fileSystem.openFile(source)
            _ = try target.createWhole(name) { file throws(StorageError) in
                do {
                    var offset: UInt64 = 0
                    while true {
                        let bytes = try from.read(1 << 20, at: offset)
                        if bytes.isEmpty { break }
                        try file.write(bytes, at: offset)
                        offset += UInt64(bytes.count)
                    }
                    _ = try verifyBackup(
                        target.path(of: name + StorageDirectory.temporarySuffix),
                        key: key,
                        fileSystem: fileSystem
                    )
                } catch {
                    throw StorageError(error)
                }
            }
        } catch {
            throw StorageError(error)
        }
        return try verifyBackup(path, key: key, fileSystem: fileSystem)
    }
}
