package import OAuthProtocol
import OAuthState
package import OpenSSLCrypto

/// A parameter or a column, of the few types that every database of this protocol has.
package enum SQLValue: Sendable, Hashable {
    /// No value.
    case null
    /// `bigint`; columns of smaller integers are read as it too.
    case integer(Int64)
    /// `text`
    case text(String)
    /// `bytea`
    case bytes([UInt8])
    /// `boolean`
    case boolean(Bool)
    /// `bytea[]`, a parameter only: `column = ANY($1)`, or `unnest($1::bytea[])`.
    case byteStrings([[UInt8]])
    /// `text[]`, a parameter only.
    case texts([String])
}

extension SQLValue {
    /// An identifier as its 16 bytes.
    package static func id(_ value: some StoredIdentifier) -> SQLValue {
        var bytes: [UInt8] = []
        value.appendBytes(to: &bytes)
        return .bytes(bytes)
    }

    /// Identifiers as a list of 16 bytes each.
    package static func ids(_ values: some Sequence<some StoredIdentifier>) -> SQLValue {
        .byteStrings(
            values.map { value in
                var bytes: [UInt8] = []
                value.appendBytes(to: &bytes)
                return bytes
            }
        )
    }

    /// A moment as its milliseconds since 1970.
    package static func time(_ value: Timestamp) -> SQLValue { .integer(value.millisecondsSinceEpoch) }

    /// A moment, or null.
    package static func time(_ value: Timestamp?) -> SQLValue { value.map { .time($0) } ?? .null }

    /// A digest as its 32 bytes.
    package static func digest(_ value: SHA256Digest) -> SQLValue {
        var bytes: [UInt8] = []
        value.append(to: &bytes)
        return .bytes(bytes)
    }
}
