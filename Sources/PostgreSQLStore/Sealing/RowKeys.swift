import DurableLog
import OpenSSLCrypto
import Synchronization

/// The keys of rows by the salts of the processes that sealed them.
final class RowKeys: Sendable {
    /// The length of a salt.
    static let saltByteCount = 16
    /// How many keys of other processes are kept; a key that is forgotten is derived again.
    private static let keptMax = 256

    /// This process's salt.
    let salt: [UInt8]
    private let own: AES256GCMKey
    private let counter = Atomic<UInt64>(0)
    private let storageKey: StorageKey
    private let others = Mutex<[[UInt8]: AES256GCMKey]>([:])

    init(key: StorageKey, salt: [UInt8]) throws(CryptoError) {
        storageKey = key
        self.salt = salt
        own = try key.rowKey(salt: salt)
    }

    /// This process's key with a number that it never had before.
    func next() -> (key: AES256GCMKey, counter: UInt64) {
        (own, counter.add(1, ordering: .relaxed).newValue)
    }

    /// The key of a salt.
    func key(salt: [UInt8]) throws(CryptoError) -> AES256GCMKey {
        if salt == self.salt { return own }
        if let known = others.withLock({ $0[salt] }) { return known }
        let key = try storageKey.rowKey(salt: salt)
        others.withLock { others in
            if others.count >= Self.keptMax { others.removeAll() }
            others[salt] = key
        }
        return key
    }
}
