internal import OpenSSLCrypto

/// The first 96 bytes of every journal segment and snapshot, and all of a marker: unencrypted but authenticated.
///
/// Layout, big-endian: magic 8 ‖ version 4 ‖ key id 8 ‖ salt 32 ‖ number 8 ‖ position 8 ‖ creation time 8 ‖ CRC-32 of
/// the preceding bytes 4 ‖ seal of nothing over the preceding bytes 16. The first 80 bytes keep this layout in every
/// version, so that an old program can report "newer version" rather than "damaged". The last 16 distinguish a wrong
/// key from a wrong file.
struct FileHeader: Equatable {
    /// The kinds of file, identified by their magic.
    enum Kind: String {
        case journalSegment = "GHJOURNL"
        case snapshot = "GHSNAPSH"
        case store = "GHSTORED"
        case restoration = "GHRESTOR"
    }

    static let byteCount = 96
    static let currentVersion: UInt32 = 1
    static let saltByteCount = 32

    let kind: Kind
    let keyIdentifier: [UInt8]
    /// Makes the file's key unique: HKDF of the storage key with this salt.
    let salt: [UInt8]
    /// The number in the file's name; a renamed file is detected.
    let number: UInt64
    /// In a segment, the position before its first record; in a snapshot, the position that it covers.
    let position: UInt64
    /// When a snapshot was taken, or the state restored, in seconds since 1970; 0 in a segment.
    let creationSeconds: Int64

    init(
        kind: Kind,
        key: StorageKey,
        random: any RandomSource,
        number: UInt64,
        position: UInt64,
        creationSeconds: Int64
    ) {
        self.kind = kind
        keyIdentifier = key.identifier
        salt = random.bytes(Self.saltByteCount)
        self.number = number
        self.position = position
        self.creationSeconds = creationSeconds
    }

    private init(unchecked bytes: [UInt8], kind: Kind) {
        self.kind = kind
        keyIdentifier = Array(bytes[12..<20])
        salt = Array(bytes[20..<52])
        number = bytes.number(UInt64.self, at: 52) ?? 0
        position = bytes.number(UInt64.self, at: 60) ?? 0
        creationSeconds = bytes.number(Int64.self, at: 68) ?? 0
    }

    /// The header's bytes with their check, and the means to seal what follows.
    func encoded(key: StorageKey) throws(CryptoError) -> (bytes: [UInt8], seal: FileSeal) {
        var bytes = Array(kind.rawValue.utf8)
        bytes.append(bigEndian: Self.currentVersion)
        bytes += keyIdentifier
        bytes += salt
        bytes.append(bigEndian: number)
        bytes.append(bigEndian: position)
        bytes.append(bigEndian: creationSeconds)
        bytes.append(bigEndian: checksum(of: bytes[...]))
        let fileKey = try key.fileKey(salt: salt, purpose: kind.rawValue)
        bytes += try fileKey.seal([], nonce: Self.checkNonce, authenticating: bytes)
        return (bytes, FileSeal(key: fileKey, header: bytes))
    }

    /// Reads and authenticates a header.
    ///
    /// - Parameters:
    ///   - bytes: The beginning of the file.
    ///   - kind: What the file must be.
    ///   - key: The storage key.
    ///   - file: The file's name, which errors mention.
    /// - Returns: The header's contents, and the means to open what follows.
    /// - Throws: `damaged`, `unsupportedVersion` or `wrongKey`; the checksum distinguishes damage from another key.
    static func decode(
        _ bytes: [UInt8],
        as kind: Kind,
        key: StorageKey,
        file: String
    ) throws(StorageError) -> (header: FileHeader, seal: FileSeal) {
        guard bytes.count >= byteCount else {
            throw .damaged(Damage(file: file, offset: UInt64(bytes.count), detail: "the header is incomplete"))
        }
        guard Array(bytes[..<8]) == Array(kind.rawValue.utf8) else {
            throw .damaged(
                Damage(file: file, offset: 0, detail: "the file does not start with the expected magic number")
            )
        }
        guard bytes.number(UInt32.self, at: 76) == checksum(of: bytes[..<76]) else {
            throw .damaged(Damage(file: file, offset: 8, detail: "the header does not match its checksum"))
        }
        guard let version = bytes.number(UInt32.self, at: 8), version == currentVersion else {
            throw .unsupportedVersion(file: file, version: bytes.number(UInt32.self, at: 8) ?? 0)
        }
        let header = FileHeader(unchecked: bytes, kind: kind)
        guard header.keyIdentifier == key.identifier else { throw .wrongKey(file: file) }
        do {
            let fileKey = try key.fileKey(salt: header.salt, purpose: kind.rawValue)
            _ = try fileKey.open(
                Array(bytes[80..<byteCount]),
                nonce: checkNonce,
                authenticating: Array(bytes[..<80])
            )
            return (header, FileSeal(key: fileKey, header: Array(bytes[..<byteCount])))
        } catch {
            throw .damaged(Damage(file: file, offset: 80, detail: "the header's seal does not match"))
        }
    }

    /// No frame has this nonce: counters stay below 2⁶⁴ − 1.
    private static let checkNonce = [UInt8](repeating: 0xFF, count: 12)
}
