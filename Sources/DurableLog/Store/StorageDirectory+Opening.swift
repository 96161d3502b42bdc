internal import Logging

extension StorageDirectory {
    /// Creates the directory if it is missing, and takes its lock.
    ///
    /// - Throws: `unprotected` for a directory in which another user could replace files: seals authenticate what is in
    ///   a file, not that it is the newest; `locked`; `fileSystem`.
    func lock() throws(StorageError) -> any FileLock {
        do {
            try fileSystem.createDirectory(path)
            let access = try fileSystem.access(toDirectory: path)
            guard access.isOwned, !access.isWritableByOthers else {
                throw StorageError.unprotected(directory: path, access)
            }
            return try fileSystem.lock(path(of: Self.lockFileName))
        } catch let error as FileSystemError where error.isLocked {
            throw .locked(directory: path)
        } catch {
            throw StorageError(error)
        }
    }

    /// Removes the remains of interrupted writes, none of which was ever acknowledged.
    func remove(_ names: [String]) throws(FileSystemError) {
        guard !names.isEmpty else { return }
        for name in names { try fileSystem.remove(path(of: name)) }
        try fileSystem.synchronizeDirectory(path)
    }

    /// Removes a file; it may be missing already.
    func removeIfPresent(_ name: String) throws(FileSystemError) {
        do {
            try fileSystem.remove(path(of: name))
        } catch {
            guard error.isMissing else { throw error }
        }
    }

    /// Renames damaged snapshots, so that they remain for inspection and no longer count as snapshots.
    func setAside(_ names: [String]) throws(FileSystemError) {
        guard !names.isEmpty else { return }
        for name in names { try fileSystem.rename(path(of: name), to: path(of: name + ".damaged")) }
        try fileSystem.synchronizeDirectory(path)
    }
}

extension RecoveryReport {
    /// Logs what was found, with a warning for whatever was ignored or damaged.
    func log(to logger: Logger, directory: String) {
        for name in removedTemporaryFiles {
            logger.info("Removed the remains of an interrupted write", metadata: ["file": "\(name)"])
        }
        if let tornTail {
            logger.warning(
                "Removed an incomplete record that a crash left; it was never acknowledged",
                metadata: ["file": "\(tornTail.file)", "offset": "\(tornTail.offset)"]
            )
        }
        for damage in toleratedDamage {
            logger.error(
                "The storage is damaged",
                metadata: ["file": "\(damage.file)", "offset": "\(damage.offset)", "detail": "\(damage.detail)"]
            )
        }
        for range in lostRecords {
            logger.critical("Records are lost, as accepted", metadata: ["records": "\(range)"])
        }
        if hasLostEnd { logger.critical("An unknown number of records is lost, as accepted") }
        logger.notice(
            isNew ? "The storage directory is new and empty" : "The storage has been read",
            metadata: [
                "directory": "\(directory)", "snapshot": "\(snapshot?.file ?? "none")", "records": "\(recordCount)",
                "position": "\(lastPosition.sequenceNumber)",
            ]
        )
    }
}
