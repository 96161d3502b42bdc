import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// What all stores of one database share.
package struct StorePlace: Sendable {
    /// The database.
    package let database: any SQLDatabase
    /// Opens bodies, and seals them.
    package let opener: RowOpener
    /// Bounds and lifetimes.
    package let settings: StoreSettings
    /// How many rows the tables have.
    package let counts: TableCounts
    /// Takes changes back.
    package let reversals: Reversals

    /// The place of all stores over a database.
    package init(database: any SQLDatabase, opener: RowOpener, settings: StoreSettings) {
        self.database = database
        self.opener = opener
        self.settings = settings
        counts = TableCounts(database: database)
        reversals = Reversals(database: database)
    }

    var seal: RowSeal { opener.seal }
    var limits: StoreLimits { settings.limits }
    var policy: SessionPolicy { settings.sessions }
}

/// Texts as statements compare them, by keyed digests.
extension RowSeal {
    /// A client's id.
    func client(_ id: String) -> SQLValue { .digest(index([id], table: "clients")) }
    /// An upstream's name.
    func upstream(_ name: String) -> SQLValue { .digest(index([name], table: "upstreams")) }
    /// A resource in its registered spelling.
    func resource(_ uri: String) -> SQLValue { .digest(index([uri], table: "resources")) }
    /// A redirect URI.
    func redirectURI(_ uri: String) -> SQLValue { .digest(index([uri], table: "redirect_uris")) }
    /// Scopes.
    func scopes(_ scopes: ScopeSet) -> SQLValue {
        .byteStrings(scopes.tokens.map { index([$0], table: "scopes").bytes })
    }
    /// The network of a request.
    func source(_ network: SourceNetwork) -> SQLValue { number(network.number) }
    /// The network of a row.
    func source(_ column: Int64) -> SourceNetwork { SourceNetwork(number: mask.unmasked(UInt64(bitPattern: column))) }
    /// Network and user agent of a refresh, two values.
    func origin(_ origin: RefreshOrigin?) -> [SQLValue] {
        guard let origin else { return [.null, .null] }
        return [number(origin.network.number), number(origin.agent)]
    }
    /// What two columns of a row say.
    func origin(network: Int64, agent: Int64) -> RefreshOrigin {
        RefreshOrigin(network: source(network), agent: mask.unmasked(UInt64(bitPattern: agent)))
    }
    private func number(_ value: UInt64) -> SQLValue { .integer(Int64(bitPattern: mask.masked(value))) }
}

extension SQLValue {
    /// A digest, or null.
    static func digest(_ value: SHA256Digest?) -> SQLValue { value.map { .digest($0) } ?? .null }
    /// An identifier, or null.
    static func id(_ value: (some StoredIdentifier)?) -> SQLValue { value.map { .id($0) } ?? .null }
    /// A number, or null.
    static func integer(_ value: Int64?) -> SQLValue { value.map { .integer($0) } ?? .null }
    /// A bound or a count.
    static func count(_ value: Int) -> SQLValue { .integer(Int64(value)) }
    /// A time span in milliseconds.
    static func duration(_ value: Duration) -> SQLValue { .integer(value.wholeMilliseconds) }
}
