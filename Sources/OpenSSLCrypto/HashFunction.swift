internal import COpenSSL

/// FIPS 180-4: the hashes of JOSE's signature algorithms.
package enum HashFunction: Hashable, Sendable {
    case sha256
    case sha384
    case sha512

    /// The length of a digest, in bytes.
    package var byteCount: Int {
        switch self {
        case .sha256: SHA256.byteCount
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// OpenSSL's name of it.
    var algorithm: OpaquePointer {
        switch self {
        case .sha256: unsafe FetchedAlgorithms.shared.sha256
        case .sha384: unsafe FetchedAlgorithms.shared.sha384
        case .sha512: unsafe FetchedAlgorithms.shared.sha512
        }
    }

    /// The digest of a message; ``SHA256`` is the fast way for SHA-256.
    package func hash(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        var count = UInt32(byteCount)
        guard unsafe EVP_Digest(message, message.count, &digest, &count, algorithm, nil) == 1, count == digest.count
        else { preconditionFailure("OpenSSL could not hash a message") }
        return digest
    }
}
