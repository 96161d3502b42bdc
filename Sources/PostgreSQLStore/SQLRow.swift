package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// A row of a result; columns are read by their index, the first is 0.
///
/// A column of another type than the one asked for is a fault of the statement or of the database. It throws
/// `unavailable`, because a row that cannot be understood must never be read as an absent one.
package struct SQLRow: Sendable, Hashable {
    /// The columns.
    package let values: [SQLValue]

    /// A row of these columns.
    package init(_ values: [SQLValue]) {
        self.values = values
    }

    /// A number.
    package func integer(_ column: Int) throws(StoreError) -> Int64 {
        guard case .integer(let value) = try value(column) else { throw .unavailable }
        return value
    }

    /// A text.
    package func text(_ column: Int) throws(StoreError) -> String {
        guard case .text(let value) = try value(column) else { throw .unavailable }
        return value
    }

    /// Bytes.
    package func bytes(_ column: Int) throws(StoreError) -> [UInt8] {
        guard case .bytes(let value) = try value(column) else { throw .unavailable }
        return value
    }

    /// True or false.
    package func boolean(_ column: Int) throws(StoreError) -> Bool {
        guard case .boolean(let value) = try value(column) else { throw .unavailable }
        return value
    }

    /// Whether the column is null.
    package func isNull(_ column: Int) throws(StoreError) -> Bool {
        if case .null = try value(column) { true } else { false }
    }

    /// A number, or null.
    package func optionalInteger(_ column: Int) throws(StoreError) -> Int64? {
        try isNull(column) ? nil : try integer(column)
    }

    /// A text, or null.
    package func optionalText(_ column: Int) throws(StoreError) -> String? {
        try isNull(column) ? nil : try text(column)
    }

    /// Bytes, or null.
    package func optionalBytes(_ column: Int) throws(StoreError) -> [UInt8]? {
        try isNull(column) ? nil : try bytes(column)
    }

    /// True, false or null.
    package func optionalBoolean(_ column: Int) throws(StoreError) -> Bool? {
        try isNull(column) ? nil : try boolean(column)
    }

    /// An identifier of 16 bytes.
    package func id<ID: StoredIdentifier>(_ column: Int, as _: ID.Type = ID.self) throws(StoreError) -> ID {
        let bytes = try bytes(column)
        guard bytes.count == 16 else { throw .unavailable }
        return ID(bytes: bytes)
    }

    /// A digest of 32 bytes.
    package func digest(_ column: Int) throws(StoreError) -> SHA256Digest {
        guard let digest = SHA256Digest(bytes: try bytes(column)) else { throw .unavailable }
        return digest
    }

    /// A moment.
    package func time(_ column: Int) throws(StoreError) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: try integer(column))
    }

    /// A moment, or null.
    package func optionalTime(_ column: Int) throws(StoreError) -> Timestamp? {
        try isNull(column) ? nil : try time(column)
    }

    private func value(_ column: Int) throws(StoreError) -> SQLValue {
        guard values.indices.contains(column) else { throw .unavailable }
        return values[column]
    }
}
