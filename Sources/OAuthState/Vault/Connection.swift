package import OAuthProtocol

/// One user's tokens at one account of one upstream provider.
///
/// Keyed by the user, not by the session, so that a second login replaces the tokens instead of orphaning them (VR-1).
package struct Connection: Hashable, Sendable {
    /// Whether the tokens are usable.
    package enum Status: UInt8, Hashable, Sendable {
        case active = 0
        /// Refreshes currently fail; the access token may still be valid.
        case expiring = 1
        /// The provider refused the refresh token: the user must connect again.
        case reauthorizationRequired = 2
        /// Disconnected here or withdrawn at the provider.
        case revoked = 3
        /// The provider refuses this server, not the user: the operator must act (VR-10).
        case error = 4

        /// The status as pages, answers and the audit trail name it.
        package var text: String {
            switch self {
            case .active: "active"
            case .expiring: "expiring"
            case .reauthorizationRequired: "reauthorization_required"
            case .revoked: "revoked"
            case .error: "error"
            }
        }
    }

    package let id: ConnectionID
    package let userID: UserID
    /// The upstream's configured name.
    package let upstream: String
    /// The account's subject at the provider.
    package let account: String
    /// The account's name at the provider, for pages.
    package var accountName: String?
    /// The upstream tokens, sealed.
    package var tokens: SealedTokens
    /// The scopes that the provider granted.
    package var scopes: ScopeSet
    /// When the access token expires; absent if the provider did not state it, because no lifetime is invented (VR-5).
    package var accessTokenExpiry: Timestamp?
    /// Our client at the provider, to which the refresh token was issued (VR-8): its client id and the server's name,
    /// as ``ClientBinding`` says, because one client id may be known to several authorization servers.
    package var upstreamClientID: String
    package var status: Status
    /// Why the status is not active.
    package var reason: String?
    /// When these tokens were first obtained.
    package var obtainedAt: Timestamp
    /// When they were last refreshed.
    package var refreshedAt: Timestamp?
    /// When they were last retrieved, to the hour.
    package var usedAt: Timestamp?
    /// Counts every replacement of the tokens: a refresh that was overtaken by a login must not replace the login's
    /// tokens.
    package var version: UInt32
    /// The provider's sessions in which our sessions logged in, oldest first (OpenID Connect Back-Channel Logout 1.0
    /// §2.1).
    ///
    /// The last one is the session that the current tokens came from. Bounded: beyond the bound the oldest is
    /// forgotten, and a logout that names only its `sid` no longer finds our session.
    package var providerSessions: [ProviderSession]
    /// How the account met the operator's `required_claims` at its last login; empty if there were none then, or an
    /// earlier version stored the connection.
    package var acceptedClaims: [AcceptedClaim]

    /// The most sessions of the provider that are remembered.
    package static let providerSessionCountMax = 16

    /// A connection with all its parts, for stores that read it from elsewhere.
    package init(
        id: ConnectionID,
        userID: UserID,
        upstream: String,
        account: String,
        accountName: String?,
        tokens: SealedTokens,
        scopes: ScopeSet,
        accessTokenExpiry: Timestamp?,
        upstreamClientID: String,
        status: Status,
        reason: String?,
        obtainedAt: Timestamp,
        refreshedAt: Timestamp?,
        usedAt: Timestamp?,
        version: UInt32,
        providerSessions: [ProviderSession],
        acceptedClaims: [AcceptedClaim] = []
    ) {
        self.id = id
        self.userID = userID
        self.upstream = upstream
        self.account = account
        self.accountName = accountName
        self.tokens = tokens
        self.scopes = scopes
        self.accessTokenExpiry = accessTokenExpiry
        self.upstreamClientID = upstreamClientID
        self.status = status
        self.reason = reason
        self.obtainedAt = obtainedAt
        self.refreshedAt = refreshedAt
        self.usedAt = usedAt
        self.version = version
        self.providerSessions = providerSessions
        self.acceptedClaims = acceptedClaims
    }
}

extension Connection {
    /// The same connection at the new name of its upstream.
    func renamed(to upstream: String, as tokens: SealedTokens) -> Connection {
        Connection(
            id: id,
            userID: userID,
            upstream: upstream,
            account: account,
            accountName: accountName,
            tokens: tokens,
            scopes: scopes,
            accessTokenExpiry: accessTokenExpiry,
            upstreamClientID: upstreamClientID,
            status: status,
            reason: reason,
            obtainedAt: obtainedAt,
            refreshedAt: refreshedAt,
            usedAt: usedAt,
            version: version &+ 1,
            providerSessions: providerSessions,
            acceptedClaims: acceptedClaims
        )
    }
}

/// One of our sessions, and the session at the provider in which its user logged in.
package struct ProviderSession: Hashable, Sendable {
    /// The `sid` of the provider's ID token.
    package let id: String
    /// Our session that resulted from it.
    package let sessionID: SessionID

    /// A session at the provider, and ours.
    package init(id: String, sessionID: SessionID) {
        self.id = id
        self.sessionID = sessionID
    }
}

extension Connection: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(id)
        writer.write(userID)
        writer.write(upstream)
        writer.write(account)
        writer.write(accountName) { $0.write($1) }
        tokens.write(to: &writer)
        writer.write(scopes)
        writer.write(accessTokenExpiry) { $0.write($1) }
        writer.write(upstreamClientID)
        writer.write(status.rawValue)
        writer.write(reason) { $0.write($1) }
        writer.write(obtainedAt)
        writer.write(refreshedAt) { $0.write($1) }
        writer.write(usedAt) { $0.write($1) }
        writer.write(version)
        writer.write(providerSessions) { writer, session in
            writer.write(session.id)
            writer.write(session.sessionID)
        }
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        id = try reader.identifier()
        userID = try reader.identifier()
        upstream = try reader.string()
        account = try reader.string()
        accountName = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        tokens = try SealedTokens(from: &reader)
        scopes = try reader.scopes()
        accessTokenExpiry = try reader.optional { (reader) throws(RecordError) in try reader.timestamp() }
        upstreamClientID = try reader.string()
        guard let status = Status(rawValue: try reader.integer()) else {
            throw RecordError("unknown connection status")
        }
        self.status = status
        reason = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        obtainedAt = try reader.timestamp()
        refreshedAt = try reader.optional { (reader) throws(RecordError) in try reader.timestamp() }
        usedAt = try reader.optional { (reader) throws(RecordError) in try reader.timestamp() }
        version = try reader.integer()
        providerSessions = try reader.array { (reader) throws(RecordError) in
            ProviderSession(id: try reader.string(), sessionID: try reader.identifier())
        }
        // In a record of its own kind.
        acceptedClaims = []
    }
}

extension Connection {
    /// The connection as a record: of the kinds with fields or accepted claims only if it has some, so that an older
    /// version of this server reads the others.
    package var journalRecord: [UInt8] {
        guard acceptedClaims.isEmpty else {
            return BinaryWriter.record(.putConnectionWithClaims) { writer in
                write(to: &writer)
                writer.write(tokens.fields) { $0.write($1) }
                writer.write(acceptedClaims) { $1.write(to: &$0) }
            }
        }
        guard let fields = tokens.fields else { return record(.putConnection) }
        return BinaryWriter.record(.putConnectionWithFields) { writer in
            write(to: &writer)
            writer.write(fields)
        }
    }

    /// Reads a connection and its fields.
    init(withFieldsFrom reader: inout BinaryReader) throws(RecordError) {
        try self.init(from: &reader)
        tokens.fields = try reader.byteArray()
    }

    /// Reads a connection, its fields if it has any, and its accepted claims.
    init(withClaimsFrom reader: inout BinaryReader) throws(RecordError) {
        try self.init(from: &reader)
        tokens.fields = try reader.optional { (reader) throws(RecordError) in try reader.byteArray() }
        acceptedClaims = try reader.array { (reader) throws(RecordError) in try AcceptedClaim(from: &reader) }
    }
}
