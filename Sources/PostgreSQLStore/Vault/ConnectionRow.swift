import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// A connection as a row: what its columns are, and how they are read.
struct ConnectionRow {
    let opener: RowOpener

    /// The columns of `connections c` in the order that ``connection(_:)`` reads them, the sessions of the provider
    /// included.
    static let columns = """
        c.id, c.user_id, c.account_key, c.account, c.account_name, c.scopes,
            c.access_token, c.refresh_token, c.id_token, c.token_fields, c.access_token_expiry, c.upstream_client_id,
            c.status, c.reason, c.obtained_at, c.refreshed_at, c.used_at, c.version,
            (
                SELECT string_agg(s.session_id || s.entry, ''::bytea ORDER BY s.place) FROM connection_sessions s
                WHERE s.connection_id = c.id
            )
        """
    /// The number of ``columns``: the index of the first column after them.
    static let columnCount = 19

    /// Reads a connection.
    ///
    /// - Throws: `unavailable` when a part of it cannot be opened or has no known form.
    func connection(_ row: SQLRow) throws(StoreError) -> Connection {
        let userID: UserID = try row.id(1)
        let texts = ConnectionTexts(opener: opener, userID: userID, accountKey: try row.bytes(2))
        let (upstream, account) = try texts.account(try row.bytes(3))
        guard let status = UInt8(exactly: try row.integer(12)).flatMap(Connection.Status.init) else {
            throw .unavailable
        }
        return Connection(
            id: try row.id(0),
            userID: userID,
            upstream: upstream,
            account: account,
            accountName: try texts.accountName(try row.optionalBytes(4)),
            tokens: SealedTokens(
                accessToken: try row.bytes(6),
                refreshToken: try row.optionalBytes(7),
                idToken: try row.optionalBytes(8),
                fields: try row.optionalBytes(9)
            ),
            scopes: try texts.scopes(try row.bytes(5)),
            accessTokenExpiry: try row.optionalTime(10),
            upstreamClientID: try row.text(11),
            status: status,
            reason: try row.optionalText(13),
            obtainedAt: try row.time(14),
            refreshedAt: try row.optionalTime(15),
            usedAt: try row.optionalTime(16),
            version: UInt32(truncatingIfNeeded: try row.integer(17)),
            providerSessions: try ProviderSessionEntry.read(try row.optionalBytes(18) ?? [], opener)
        )
    }

    /// Reads connections.
    func connections(_ rows: [SQLRow]) throws(StoreError) -> [Connection] {
        var connections: [Connection] = []
        connections.reserveCapacity(rows.count)
        for row in rows { connections.append(try connection(row)) }
        return connections
    }
}

/// What is sealed of a connection, bound to its user, its account and its column.
///
/// Bound to user and account and not to the id: which id a connection has is decided in the database.
struct ConnectionTexts {
    private let opener: RowOpener
    /// The keyed digest of upstream and account, by which the account is found.
    let accountKey: [UInt8]
    private let identity: [UInt8]

    private enum Column: String {
        case account = "connections.account"
        case accountName = "connections.account_name"
        case scopes = "connections.scopes"
    }

    init(opener: RowOpener, userID: UserID, accountKey: [UInt8]) {
        self.opener = opener
        self.accountKey = accountKey
        identity = userID.bytes + accountKey
    }

    init(opener: RowOpener, userID: UserID, upstream: String, account: String) {
        self.init(opener: opener, userID: userID, accountKey: Self.accountKey(account, at: upstream, opener.seal))
    }

    static func accountKey(_ account: String, at upstream: String, _ seal: RowSeal) -> [UInt8] {
        seal.index([upstream, account], table: "connections").bytes
    }

    func sealed(account: String, at upstream: String) throws(StoreError) -> SQLValue {
        try sealed(.account) { writer in
            writer.write(upstream)
            writer.write(account)
        }
    }

    func sealed(accountName: String?) throws(StoreError) -> SQLValue {
        guard let accountName else { return .null }
        return try sealed(.accountName) { $0.write(accountName) }
    }

    func sealed(scopes: ScopeSet?) throws(StoreError) -> SQLValue {
        guard let scopes else { return .null }
        return try sealed(.scopes) { $0.write(scopes) }
    }

    func account(_ bytes: [UInt8]) throws(StoreError) -> (upstream: String, account: String) {
        try opened(bytes, .account) { (reader) throws(RecordError) in (try reader.string(), try reader.string()) }
    }

    func accountName(_ bytes: [UInt8]?) throws(StoreError) -> String? {
        guard let bytes else { return nil }
        return try opened(bytes, .accountName) { (reader) throws(RecordError) in try reader.string() }
    }

    func scopes(_ bytes: [UInt8]) throws(StoreError) -> ScopeSet {
        try opened(bytes, .scopes) { (reader) throws(RecordError) in try reader.scopes() }
    }

    private func sealed(_ column: Column, _ write: (inout BinaryWriter) -> Void) throws(StoreError) -> SQLValue {
        var writer = BinaryWriter(reserving: 64)
        write(&writer)
        return .bytes(try opener.seal.seal(writer.bytes, table: column.rawValue, identity: identity))
    }

    private func opened<Value>(
        _ bytes: [UInt8],
        _ column: Column,
        _ read: (inout BinaryReader) throws(RecordError) -> Value
    ) throws(StoreError) -> Value {
        var reader = BinaryReader(try opener.open(bytes, table: column.rawValue, identity: identity))
        do throws(RecordError) { return try read(&reader) } catch { throw .unavailable }
    }
}

/// A session of the provider as a row: a sealed `sid`, preceded by its length, bound to our session.
enum ProviderSessionEntry {
    private static let table = "connection_sessions"

    /// The keyed digest of a `sid`.
    static func key(_ sid: String, _ seal: RowSeal) -> SQLValue { .digest(seal.index([sid], table: table)) }

    /// The entry's bytes.
    static func sealed(_ session: ProviderSession, _ seal: RowSeal) throws(StoreError) -> [UInt8] {
        var writer = BinaryWriter()
        writer.write(try seal.seal(Array(session.id.utf8), table: table, identity: session.sessionID.bytes))
        return writer.bytes
    }

    /// The sessions in a concatenation of session ids and entries.
    static func read(_ bytes: [UInt8], _ opener: RowOpener) throws(StoreError) -> [ProviderSession] {
        var reader = BinaryReader(bytes)
        var sessions: [ProviderSession] = []
        while !reader.isAtEnd {
            let (sessionID, sealed) = try next(&reader)
            let id = try opener.openText(sealed, table: table, identity: sessionID.bytes)
            sessions.append(ProviderSession(id: id, sessionID: sessionID))
        }
        return sessions
    }

    private static func next(_ reader: inout BinaryReader) throws(StoreError) -> (SessionID, [UInt8]) {
        do throws(RecordError) {
            return (try reader.identifier(), try reader.byteArray())
        } catch { throw .unavailable }
    }
}
