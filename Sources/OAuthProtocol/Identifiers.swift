package import OpenSSLCrypto

/// A random 128-bit identifier of something that we store; its wire form is a prefix and base64url.
package protocol StoredIdentifier: Hashable, Sendable, CustomStringConvertible {
    /// What its wire form starts with, such as `ts_`.
    static var prefix: String { get }
    /// The 128 bits.
    var value: UInt128 { get }
    /// The identifier with these 128 bits.
    init(value: UInt128)
}

extension StoredIdentifier {
    /// A fresh identifier.
    package init(random: some RandomSource) {
        self.init(bytes: random.bytes(16))
    }

    /// The identifier of 16 big-endian bytes; further bytes are ignored.
    package init(bytes: [UInt8]) {
        self.init(value: bytes.prefix(16).reduce(UInt128(0)) { $0 << 8 | UInt128($1) })
    }

    /// Reads the wire form, or returns `nil` when it is not one.
    package init?(_ text: String) {
        guard text.utf8.count == Self.prefix.utf8.count + 22, text.hasPrefix(Self.prefix) else { return nil }
        guard let bytes = Base64URL.decode(String(text.dropFirst(Self.prefix.count))), bytes.count == 16 else {
            return nil
        }
        self.init(bytes: bytes)
    }

    /// The 16 bytes, big-endian.
    package var bytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: value >> (UInt128(15 - $0) * 8)) }
    }

    /// The wire form.
    package var text: String {
        Self.prefix + Base64URL.encode(bytes)
    }

    /// The wire form: identifiers are handles, never credentials (VT-1).
    package var description: String {
        text
    }
}

/// Names a session: what the `tsid` claim of our tokens points at.
///
/// A handle, never a credential (VT-1, JW-3).
package struct SessionID: StoredIdentifier {
    package static let prefix = "ts_"
    package let value: UInt128
    package init(value: UInt128) { self.value = value }
}

/// Names a user; the `sub` of our tokens (JW-2).
///
/// Opaque, and by its prefix never equal to a client's id (D-46).
package struct UserID: StoredIdentifier {
    package static let prefix = "u_"
    package let value: UInt128
    package init(value: UInt128) { self.value = value }
}

/// Names a connection: one user's tokens at one account of one upstream provider.
package struct ConnectionID: StoredIdentifier {
    package static let prefix = "cn_"
    package let value: UInt128
    package init(value: UInt128) { self.value = value }
}
