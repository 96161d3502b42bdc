import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// A client as a row.
///
/// What it said is sealed. When it was used and which network registered it are columns, because decisions depend on
/// them.
struct ClientRow {
    private let seal: RowSeal
    /// The keyed digest of the client's id.
    let key: [UInt8]

    private static let table = "clients"
    /// The columns of `clients c` that ``record(_:_:)`` reads.
    static let columns = "c.key, c.body, c.last_used_at, c.source"
    /// What a client takes in the tables besides its record, as in the memory store.
    private static let overheadByteCount = 1024

    init(seal: RowSeal, id: String) {
        self.seal = seal
        key = seal.index([id], table: Self.table).bytes
    }

    /// The sealed body of a client, and what the client takes of the bound of those that were never used.
    func sealed(_ client: Client) throws(StoreError) -> (body: [UInt8], byteCount: Int64) {
        let record = ClientRecord(client: client)
        let body = try seal.seal(record, table: Self.table, identity: key)
        return (body, Int64(record.byteCount + Self.overheadByteCount))
    }

    /// Reads a client.
    static func record(_ row: SQLRow, _ opener: RowOpener) throws(StoreError) -> ClientRecord {
        var record = try opener.open(ClientRecord.self, try row.bytes(1), table: table, identity: try row.bytes(0))
        record.lastUsedAt = try row.optionalTime(2)
        record.source = opener.seal.source(try row.integer(3))
        return record
    }
}
