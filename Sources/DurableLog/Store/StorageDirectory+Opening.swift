internal import Logging

extension StorageDirectory {
    /// Makes the directory if it is missing, and takes its lock.
    func lock() throws(StorageError) -> any FileLock {
        do {
            try fileSystem.createDirectory(path)
            return try fileSystem.lock(path(of: Self.lockFileName))
        } catch {
            if error.isLocked { throw .locked(directory: path) }
            throw .fileSystem(error)
        }
    }

    /// Removes what interrupted writes left: none of it was ever acknowledged.
    func remove(_ names: [String]) throws(FileSystemError) {
        guard !names.isEmpty else { return }
        for name in names { try fileSystem.remove(path(of: name)) }
        try fileSystem.synchronizeDirectory(path)
    }

    /// Removes a file; one that an operator removed before is fine.
    func removeIfPresent(_ name: String) throws(FileSystemError) {
        do {
            try fileSystem.remove(path(of: name))
        } catch {
            guard error.isMissing else { throw error }
        }
    }

    /// Renames damaged snapshots, so that they stay for inspection and no longer count as snapshots.
    func setAside(_ names: [String]) throws(FileSystemError) {
        guard !names.isEmpty else { return }
        for name in names { try fileSystem.rename(path(of: name), to: path(of: name + ".damaged")) }
        try fileSystem.synchronizeDirectory(path)
    }
}

extension RecoveryReport {
    /// Says what was found; whatever was left out or was damaged is said loudly.
    func log(to logger: Logger, directory: String) {
        for name in removedTemporaryFiles {
            logger.info("Removed what an interrupted write had left", metadata: ["file": "\(name)"])
        }
        if let tornTail {
            logger.warning(
                "Cut off a record that a crash left half written; it was never acknowledged",
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
        if hasLostEnd { logger.critical("Records of unknown number are lost, as accepted") }
        logger.notice(
            isNew ? "The storage directory is new and empty" : "The storage has been read",
            metadata: [
                "directory": "\(directory)", "snapshot": "\(snapshot?.file ?? "none")", "records": "\(recordCount)",
                "position": "\(lastPosition.sequenceNumber)",
            ]
        )
    }
}
