internal import Logging
internal import OpenSSLCrypto

/// Where the storage's key comes from.
package enum StorageKeySource: Sendable {
    /// From the configuration: a file elsewhere, or the environment.
    case configured(StorageKey)
    /// From `master.key` in the storage directory, which is created for an empty directory.
    ///
    /// A copy of the directory then contains the key too: this protects against little more than a lost disk block.
    case besideData

    /// Finds the key, or makes one if there is no data yet that it would have to open.
    func key(
        in directory: StorageDirectory,
        contents: StorageDirectory.Contents,
        random: any RandomSource,
        logger: Logger
    ) throws(StorageError) -> (key: StorageKey, isNew: Bool) {
        if case .configured(let key) = self { return (key, false) }
        if contents.hasKey { return (try Self.readKey(in: directory, logger: logger), false) }
        let path = directory.path(of: StorageDirectory.keyFileName)
        // Fails closed: a new key beside data sealed with another one would only hide that the other one is lost.
        guard !contents.hasData else { throw .keyMissing(keyFile: path) }
        do {
            let key = try StorageKey.generate(from: random)
            _ = try directory.createWhole(StorageDirectory.keyFileName) { file throws(StorageError) in
                do throws(FileSystemError) {
                    try file.write(Array((key.hexadecimal + "\n").utf8), at: 0)
                } catch {
                    throw .fileSystem(error)
                }
            }
            logger.warning(
                "No storage key is configured: created one beside the data. Keep a copy elsewhere, or configure a key",
                metadata: ["file": "\(path)"]
            )
            return (key, true)
        } catch {
            throw StorageError(error)
        }
    }

    /// Reads the key of a directory that has one, for commands that change nothing.
    func existingKey(in directory: StorageDirectory, logger: Logger) throws(StorageError) -> StorageKey {
        switch self {
        case .configured(let key): key
        case .besideData: try Self.readKey(in: directory, logger: logger)
        }
    }

    private static func readKey(in directory: StorageDirectory, logger: Logger) throws(StorageError) -> StorageKey {
        let path = directory.path(of: StorageDirectory.keyFileName)
        do {
            let file = try directory.fileSystem.openFile(path)
            if try file.isReadableByOthers {
                logger.warning(
                    "The storage key is readable by users other than its owner",
                    metadata: ["file": "\(path)"]
                )
            }
            // Longer than any form of a key, so that a wrong file is refused rather than truncated.
            return try StorageKey(contents: try file.read(1024, at: 0))
        } catch let error as StorageKeyError {
            throw .invalidKey(keyFile: path, error)
        } catch let error as FileSystemError where error.isMissing {
            throw .keyMissing(keyFile: path)
        } catch {
            throw StorageError(error)
        }
    }
}
