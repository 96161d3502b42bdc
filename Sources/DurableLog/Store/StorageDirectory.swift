import Foundations
internal import OpenSSLCrypto

/// The directory of one store: the meaning of the names in it.
struct StorageDirectory: Sendable {
    let fileSystem: any FileSystem
    let path: String

    static let keyFileName = "master.key"
    static let lockFileName = "lock"
    static let storeFileName = "store.id"
    static let restorationFileName = "restored.mark"
    static let temporarySuffix = ".tmp"

    /// A file of the store, by its name.
    enum Entry: Equatable {
        case segment(UInt64)
        case snapshot(UInt64)
        case temporary
        case key
        case lock
        /// Says that there was a store.
        case store
        /// Says that the state was restored, and when.
        case restoration
        case other

        init(name: String) {
            if name.hasSuffix(StorageDirectory.temporarySuffix) {
                let base = String(name.dropLast(StorageDirectory.temporarySuffix.count))
                self = Entry(name: base) == .other ? .other : .temporary
            } else if name == StorageDirectory.keyFileName {
                self = .key
            } else if name == StorageDirectory.lockFileName {
                self = .lock
            } else if name == StorageDirectory.storeFileName {
                self = .store
            } else if name == StorageDirectory.restorationFileName {
                self = .restoration
            } else if let number = Entry.number(name, suffix: ".journal") {
                self = .segment(number)
            } else if let number = Entry.number(name, suffix: ".snapshot") {
                self = .snapshot(number)
            } else {
                self = .other
            }
        }

        private static func number(_ name: String, suffix: String) -> UInt64? {
            guard name.utf8.count == 20 + suffix.utf8.count, name.hasSuffix(suffix) else { return nil }
            let digits = name.prefix(20)
            guard digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
            return UInt64(digits)
        }
    }

    static func segmentName(_ number: UInt64) -> String { padded(number) + ".journal" }
    static func snapshotName(_ number: UInt64) -> String { padded(number) + ".snapshot" }

    private static func padded(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 20 - digits.count)) + digits
    }

    func path(of name: String) -> String { path + "/" + name }

    /// The numbers of segments and snapshots, ascending, and the names of incomplete files.
    func contents() throws(FileSystemError) -> Contents {
        var contents = Contents()
        for name in try fileSystem.names(in: path) {
            switch Entry(name: name) {
            case .segment(let number): contents.segments.append(number)
            case .snapshot(let number): contents.snapshots.append(number)
            case .temporary: contents.temporaries.append(name)
            case .key: contents.hasKey = true
            case .lock: break
            case .store: contents.hasStoreFile = true
            case .restoration: contents.hasRestorationFile = true
            case .other: contents.others.append(name)
            }
        }
        contents.segments.sort()
        contents.snapshots.sort()
        contents.temporaries.sort()
        return contents
    }

    struct Contents {
        var segments: [UInt64] = []
        var snapshots: [UInt64] = []
        var temporaries: [String] = []
        var others: [String] = []
        var hasKey = false
        var hasStoreFile = false
        var hasRestorationFile = false
        var hasData: Bool { !segments.isEmpty || !snapshots.isEmpty }
    }

    /// Makes a file completely or not at all: written under a temporary name, synced, renamed, and the directory
    /// synced.
    ///
    /// A failure leaves no file behind if the disk still allows removal; what stays is removed at the next start.
    func createWhole<Value>(
        _ name: String,
        _ write: (any OpenFile) throws(StorageError) -> Value
    ) throws(StorageError) -> (file: any OpenFile, value: Value) {
        let temporary = path(of: name + Self.temporarySuffix)
        var made: String?
        do {
            let file = try fileSystem.createFile(temporary)
            made = temporary
            let value = try write(file)
            try file.synchronizeData()
            try fileSystem.rename(temporary, to: path(of: name))
            made = path(of: name)
            try fileSystem.synchronizeDirectory(path)
            return (file, value)
        } catch {
            // Best effort: the error that is thrown is more useful than a second one. A file that was renamed and could
            // not be made safe must be removed as well, or every new attempt would leave another one.
            if let made { try? fileSystem.remove(made) }
            throw StorageError(error)
        }
    }
}

extension StorageError {
    /// A failure of a lower layer, as the storage reports it.
    init(_ error: any Error) {
        switch error {
        case let error as StorageError: self = error
        case let error as FileSystemError: self = .fileSystem(error)
        case let error as OwnThread.Refusal: self = .fileSystem(FileSystemError(error))
        case let error as JournalError: self = .journal(error)
        case let error as Damage: self = .damaged(error)
        default: self = .library("\(error)")
        }
    }
}
