import OAuthState

enum StorageFuzz {
    /// A record is refused, or reads as one that is written in the same bytes or reads again as the same.
    static func records(_ bytes: [UInt8]) -> String? {
        examine(ClientRecord.self, bytes) ?? examine(Session.self, bytes) ?? examine(Connection.self, bytes)
            ?? examine(User.self, bytes) ?? examine(StoredUpstreamRegistration.self, bytes)
            ?? examine(VaultKeySecret.self, bytes) ?? examine(SealedTokens.self, bytes)
    }

    private static func examine<Row: RecordCodable & Equatable>(_: Row.Type, _ bytes: [UInt8]) -> String? {
        var reader = BinaryReader(bytes)
        guard let row = try? Row(from: &reader) else { return nil }
        var writer = BinaryWriter(reserving: bytes.count)
        row.write(to: &writer)
        var again = BinaryReader(writer.bytes)
        guard let copy = try? Row(from: &again) else { return "\(Row.self): a written row cannot be read" }
        return copy == row ? nil : "\(Row.self): a written row reads as another"
    }
}
