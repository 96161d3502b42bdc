import Foundations
package import OAuthProtocol
package import OpenSSLCrypto
import Synchronization

/// A secret that the key of one period is derived from; stored with the signing keys, never with the tokens.
package struct VaultKeySecret: Hashable, Sendable, Redacted {
    /// The key's number, which is part of everything that it sealed; never reused.
    package let number: UInt32
    package let secret: [UInt8]
    /// When it became the one that seals.
    package let createdAt: Timestamp

    /// A secret with its number.
    package init(number: UInt32, secret: [UInt8], createdAt: Timestamp) {
        self.number = number
        self.secret = secret
        self.createdAt = createdAt
    }
}

extension VaultKeySecret: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(number)
        writer.write(secret)
        writer.write(createdAt)
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        number = try reader.integer()
        secret = try reader.byteArray()
        createdAt = try reader.timestamp()
    }
}

/// VT-5: the keys of the vault by their numbers: the newest one seals, every remaining one opens.
///
/// Number 0 is derived from the server's root secret; it is used until the first rotation.
package final class VaultKeys: Sendable {
    private struct State: Sendable {
        var current: (number: UInt32, key: AES256GCMKey)
        var keys: [UInt32: AES256GCMKey]
    }

    /// The key of the root secret.
    let root: AES256GCMKey
    private let state: Mutex<State>

    /// The key of the root secret, and those after it.
    package init(rootSecret: [UInt8], secrets: [VaultKeySecret] = []) throws(CryptoError) {
        root = try Self.key(rootSecret)
        var state = State(current: (0, root), keys: [0: root])
        for secret in secrets {
            let key = try Self.key(secret.secret)
            state.keys[secret.number] = key
            if secret.number > state.current.number { state.current = (secret.number, key) }
        }
        self.state = Mutex(state)
    }

    /// Seals with another key from now on; its secret is durable already.
    package func add(_ secret: VaultKeySecret) throws(CryptoError) {
        let key = try Self.key(secret.secret)
        state.withLock { state in
            state.keys[secret.number] = key
            if secret.number > state.current.number { state.current = (secret.number, key) }
        }
    }

    /// Drops the keys before a number, except that of the root secret, which is derived at every start.
    package func remove(before number: UInt32) {
        state.withLock { state in
            let oldest = min(number, state.current.number)
            state.keys = state.keys.filter { $0.key >= oldest || $0.key == 0 }
        }
    }

    /// The number of the key that seals.
    package var currentNumber: UInt32 { state.withLock { $0.current.number } }

    var current: (number: UInt32, key: AES256GCMKey) { state.withLock { $0.current } }

    func key(_ number: UInt32) -> AES256GCMKey? { state.withLock { $0.keys[number] } }

    private static func key(_ secret: [UInt8]) throws(CryptoError) -> AES256GCMKey {
        try AES256GCMKey(
            HKDFSHA256.derive(secret: secret, salt: [], info: Array("gatehouse vault 1".utf8), count: 32)
        )
    }
}
