package import DurableLog
package import OAuthState
package import OpenSSLCrypto
import Synchronization

/// Seals the bodies of rows, so that a reader of a copy of the database who has no storage key can neither read nor
/// exchange nor change them.
///
/// AES-256-GCM under keys derived from the storage key. Table and identity of the row are authenticated with the body:
/// a body that was moved into another row does not open. Each process seals under a key of its own, derived with a
/// random salt of 16 bytes, and counts its nonces, so that no nonce is used twice under a key however many rows the
/// nodes write. A sealed body is salt ‖ counter (8 bytes) ‖ ciphertext ‖ tag (16 bytes).
package struct RowSeal: Sendable {
    private let keys: RowKeys
    private let indexKey: HMACSHA256Key
    /// Hides numbers of networks and user agents.
    let mask: NumberMask

    /// A seal under the storage key, with a salt of its own.
    ///
    /// - Throws: `CryptoError` when a key cannot be derived.
    package init(key: StorageKey, random: any RandomSource) throws(CryptoError) {
        keys = try RowKeys(key: key, salt: random.bytes(RowKeys.saltByteCount))
        indexKey = HMACSHA256Key(key.derivedBytes(purpose: "row index"))
        mask = NumberMask(key: HMACSHA256Key(key.derivedBytes(purpose: "row numbers")))
    }

    /// Seals the body of a row of this table with this identity: its primary key as bytes.
    package func seal(_ body: [UInt8], table: String, identity: [UInt8]) throws(StoreError) -> [UInt8] {
        let (key, counter) = keys.next()
        let counterBytes = Self.bytes(of: counter)
        do {
            return keys.salt + counterBytes
                + (try key.seal(
                    body,
                    nonce: Self.nonce(counterBytes),
                    authenticating: Self.authenticated(table, identity)
                ))
        } catch {
            throw .unavailable
        }
    }

    /// Opens what ``seal(_:table:identity:)`` returned.
    ///
    /// - Throws: `unavailable` for bytes that were not sealed for this row under this storage key.
    package func open(_ sealed: [UInt8], table: String, identity: [UInt8]) throws(StoreError) -> [UInt8] {
        let headCount = RowKeys.saltByteCount + 8
        guard sealed.count >= headCount else { throw .unavailable }
        do {
            return try keys.key(salt: Array(sealed[..<RowKeys.saltByteCount])).open(
                Array(sealed[headCount...]),
                nonce: Self.nonce(Array(sealed[RowKeys.saltByteCount..<headCount])),
                authenticating: Self.authenticated(table, identity)
            )
        } catch {
            throw .unavailable
        }
    }

    /// Seals a row's record.
    package func seal(_ row: some RecordCodable, table: String, identity: [UInt8]) throws(StoreError) -> [UInt8] {
        var writer = BinaryWriter(reserving: 256)
        row.write(to: &writer)
        return try seal(writer.bytes, table: table, identity: identity)
    }

    /// Opens a row's record; `unavailable` when it is of another form.
    package func open<Row: RecordCodable>(
        _: Row.Type = Row.self,
        _ sealed: [UInt8],
        table: String,
        identity: [UInt8]
    ) throws(StoreError) -> Row {
        var reader = BinaryReader(try open(sealed, table: table, identity: identity))
        do throws(RecordError) {
            let row = try Row(from: &reader)
            guard reader.isAtEnd else { throw RecordError("a row is longer than its form") }
            return row
        } catch {
            throw .unavailable
        }
    }

    /// A value to look rows up by, from texts that must not be in the database: an issuer and a subject, an e-mail
    /// address.
    ///
    /// HMAC-SHA-256 under a key derived from the storage key, so that no list of guesses finds the text.
    package func index(_ texts: [String], table: String) -> SHA256Digest {
        var writer = BinaryWriter()
        writer.write(table)
        writer.write(texts) { $0.write($1) }
        return indexKey.authenticationCode(for: writer.bytes)
    }

    private static func authenticated(_ table: String, _ identity: [UInt8]) -> [UInt8] {
        var writer = BinaryWriter(reserving: 64)
        writer.write(table)
        writer.write(identity)
        return writer.bytes
    }

    private static func bytes(of counter: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: counter >> UInt64(56 - 8 * $0)) }
    }

    private static func nonce(_ counter: [UInt8]) -> [UInt8] { [0, 0, 0, 0] + counter }
}
