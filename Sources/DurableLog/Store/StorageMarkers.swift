internal import Logging
package import OpenSSLCrypto

/// Small files beside the data, each a sealed header without content.
extension StorageDirectory {
    /// A marker's name and kind.
    enum Marker {
        /// There was a store here: without its files the start must not begin an empty one.
        case store
        /// The state was restored from a backup, and lacks what was acknowledged after it.
        case restoration

        fileprivate var kind: FileHeader.Kind {
            switch self {
            case .store: .store
            case .restoration: .restoration
            }
        }

        fileprivate var name: String {
            switch self {
            case .store: StorageDirectory.storeFileName
            case .restoration: StorageDirectory.restorationFileName
            }
        }
    }

    /// Writes a marker, or replaces it.
    func writeMarker(
        _ marker: Marker,
        seconds: Int64,
        key: StorageKey,
        random: any RandomSource
    ) throws(StorageError) {
        // The random salt is the store's id.
        let header = FileHeader(
            kind: marker.kind,
            key: key,
            random: random,
            number: 0,
            position: 0,
            creationSeconds: seconds
        )
        _ = try createWhole(marker.name) { file throws(StorageError) in
            do {
                try file.write(try header.encoded(key: key).bytes, at: 0)
            } catch {
                throw StorageError(error)
            }
        }
    }

    /// When the state was restored; nil if it never was, or if the marker is not genuine.
    ///
    /// Without a genuine marker the stricter rule holds, so a marker that cannot be read stops nothing.
    func restorationSeconds(_ contents: Contents, key: StorageKey, logger: Logger) -> Int64? {
        guard contents.hasRestorationFile else { return nil }
        do {
            let file = try fileSystem.openFile(path(of: Self.restorationFileName))
            let bytes = try file.read(FileHeader.byteCount + 1, at: 0)
            let name = Self.restorationFileName
            return try FileHeader.decode(bytes, as: .restoration, key: key, file: name).header.creationSeconds
        } catch {
            logger.warning("The mark of a restoration cannot be read and is ignored", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// Refuses to begin an empty store where there was one: an unmounted volume or a removed file must not look like a
    /// first start, which would end every session and make new keys.
    ///
    /// - Throws: `emptied` with the name of the file that shows it, unless the operator accepted its loss.
    func requireData(
        _ contents: Contents,
        companions: Set<String>,
        accepted: Set<String>
    ) throws(StorageError) {
        guard !contents.hasData else { return }
        var evidence = contents.hasStoreFile ? [Self.storeFileName] : []
        for name in contents.others.sorted() where companions.contains(name) {
            do throws(FileSystemError) {
                if try fileSystem.openFile(path(of: name)).size() > 0 { evidence.append(name) }
            } catch {
                throw .fileSystem(error)
            }
        }
        guard let first = evidence.first, accepted.isDisjoint(with: evidence) else { return }
        throw .emptied(directory: path, evidence: first)
    }
}

extension StorageInspection {
    /// Records in a directory that its state was restored, so that refresh tokens issued after the backup are accepted.
    ///
    /// Also for a directory that was put back by other means, such as a copy or a disk's snapshot. No server may be
    /// running on it.
    ///
    /// - Parameters:
    ///   - path: The directory.
    ///   - key: The key of its files.
    ///   - seconds: Now, in seconds since 1970.
    ///   - fileSystem: The disk.
    ///   - random: The source of the file's salt.
    /// - Throws: `locked` while a server runs, `unprotected`, or the disk's error.
    package static func markRestored(
        directory path: String,
        key: StorageKey,
        seconds: Int64,
        fileSystem: any FileSystem = POSIXFileSystem(),
        random: any RandomSource = SystemRandomSource()
    ) throws(StorageError) {
        let directory = StorageDirectory(fileSystem: fileSystem, path: path)
        let lock = try directory.lock()
        defer { lock.release() }
        try directory.writeMarker(.restoration, seconds: seconds, key: key, random: random)
    }
}
