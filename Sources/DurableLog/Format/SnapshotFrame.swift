internal import OpenSSLCrypto

/// One piece of a snapshot: deflated, then sealed.
///
/// Layout, big-endian: length of the sealed piece 4 ‖ flag 1 (1: the last piece) ‖ seal of (length before deflating 4 ‖
/// deflated bytes). The counter and the flag are part of nonce and authenticated text, so that pieces that are moved,
/// omitted or truncated do not open.
enum SnapshotFrame {
    static let headerByteCount = 5
    /// How many bytes of content go into one frame.
    static let contentByteCount = 256 << 10
    /// The largest frame: a bound for reading, so that a damaged length does not allocate gigabytes.
    static let sealedByteCountMax = 1 << 20

    static func encode(
        _ content: [UInt8],
        counter: UInt64,
        isLast: Bool,
        deflater: Deflater,
        seal: FileSeal
    ) throws(StorageError) -> [UInt8] {
        do {
            var plaintext: [UInt8] = []
            plaintext.append(bigEndian: UInt32(content.count))
            plaintext += try deflater.deflate(content)
            var frame: [UInt8] = []
            frame.reserveCapacity(headerByteCount + plaintext.count + AES256GCMKey.tagByteCount)
            frame.append(bigEndian: UInt32(plaintext.count + AES256GCMKey.tagByteCount))
            frame.append(isLast ? 1 : 0)
            frame += try seal.seal(plaintext, counter: counter, tag: isLast ? 1 : 0, frameHeader: frame[...])
            return frame
        } catch {
            throw .library("a piece of a snapshot cannot be sealed: \(error)")
        }
    }

    /// The length of what follows a frame's header, and whether it is the last frame; nil for anything else.
    static func decodeHeader(_ bytes: [UInt8]) -> (sealedByteCount: Int, isLast: Bool)? {
        guard
            bytes.count == headerByteCount,
            let length = bytes.number(UInt32.self, at: 0),
            length >= AES256GCMKey.tagByteCount + 4, length <= sealedByteCountMax,
            bytes[4] <= 1
        else { return nil }
        return (Int(length), bytes[4] == 1)
    }

    /// Opens a frame; nil if it is altered or out of place.
    static func open(_ sealed: [UInt8], header: [UInt8], counter: UInt64, seal: FileSeal) -> [UInt8]? {
        // A seal that does not open is an expected result.
        try? seal.open(sealed, counter: counter, tag: UInt32(header[4]), frameHeader: header[...])
    }

    /// The content of an opened frame; nil if it does not inflate to its stated length.
    static func inflate(_ plaintext: [UInt8], inflater: Inflater) -> [UInt8]? {
        guard let count = plaintext.number(UInt32.self, at: 0), count <= contentByteCount else { return nil }
        // The reader reports authentic bytes that do not inflate as damage.
        return try? inflater.inflate(plaintext[4...], count: Int(count))
    }
}
