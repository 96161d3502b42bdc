import Foundations
package import OAuthProtocol
package import OpenSSLCrypto

/// A signing key with its state in the rotation, as the journal stores it (sealed, like everything there).
package struct StoredSigningKey: Sendable, Redacted {
    /// What the key signs.
    package enum Purpose: UInt8, Sendable {
        case accessToken = 0
        case idToken = 1
    }

    /// The key's state.
    package enum State: UInt8, Sendable {
        /// Published; does not sign yet.
        case next = 0
        /// Signs.
        case active = 1
        /// Signs no more; published until its last token has expired.
        case retired = 2
    }

    /// The origin of the key.
    package enum Origin: UInt8, Sendable {
        /// Created by the server, which rotates it.
        case generated = 0
        /// Read from a file that the configuration names; the operator rotates it.
        case file = 1
    }

    /// The key.
    package let key: SigningKey
    /// The private key in PKCS#8.
    let pem: String
    package let purpose: Purpose
    package var origin: Origin
    package var state: State
    /// When the key was first published.
    package let publishedAt: Timestamp
    /// When it began to sign.
    package var activatedAt: Timestamp?
    /// When it stopped signing.
    package var retiredAt: Timestamp?

    /// A key that has just been created or read.
    package init(
        _ privateKey: PrivateKey,
        purpose: Purpose,
        state: State,
        publishedAt: Timestamp,
        origin: Origin = .generated
    ) throws(CryptoError) {
        key = SigningKey(privateKey: privateKey, algorithm: privateKey.algorithm)
        pem = try privateKey.pem
        self.purpose = purpose
        self.origin = origin
        self.state = state
        self.publishedAt = publishedAt
        activatedAt = state == .active ? publishedAt : nil
    }

    /// Since when the key signs, or will sign.
    package var activeSince: Timestamp {
        activatedAt ?? publishedAt
    }
}

extension StoredSigningKey: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(pem)
        writer.write(purpose.rawValue)
        writer.write(state.rawValue)
        writer.write(publishedAt)
        writer.write(activatedAt) { $0.write($1) }
        writer.write(retiredAt) { $0.write($1) }
        writer.write(origin.rawValue)
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        pem = try reader.string()
        do {
            let privateKey = try PrivateKey(pem: pem)
            key = SigningKey(privateKey: privateKey, algorithm: privateKey.algorithm)
        } catch {
            throw RecordError("a stored signing key cannot be read")
        }
        guard
            let purpose = Purpose(rawValue: try reader.integer()), let state = State(rawValue: try reader.integer())
        else { throw RecordError("unknown purpose or state of a signing key") }
        self.purpose = purpose
        self.state = state
        publishedAt = try reader.timestamp()
        activatedAt = try reader.optional { (reader) throws(RecordError) in try reader.timestamp() }
        retiredAt = try reader.optional { (reader) throws(RecordError) in try reader.timestamp() }
        guard let origin = Origin(rawValue: try reader.integer()) else {
            throw RecordError("unknown origin of a signing key")
        }
        self.origin = origin
    }
}
