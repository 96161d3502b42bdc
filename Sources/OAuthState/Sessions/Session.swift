package import OAuthProtocol

/// What a `tsid` names: one user's grant to one client for one resource, and its family of refresh tokens.
package struct Session: Hashable, Sendable {
    /// The `tsid`; also names the refresh family.
    package let id: SessionID
    /// The `sub` of the session's tokens.
    package let userID: UserID
    /// The client that the grant was given to.
    package let clientID: String
    /// Everything that was granted; a refresh may ask for less, never for more (RFC 6749 §6).
    package let scopes: ScopeSet
    /// The resource of the grant, in its registered spelling.
    package let resource: String
    /// The upstream connections that this login made or found, for the vault.
    package let connections: [ConnectionID]
    /// When the user logged in upstream: `auth_time` (JW-1); `nil` when the provider does not say.
    package let authenticatedAt: Timestamp?
    /// When the session ends whatever happens.
    package let absoluteExpiry: Timestamp
    /// When the session ends unless it is refreshed before.
    package var idleExpiry: Timestamp
    /// The generation of the refresh token that is current; 0 when none was issued.
    package var generation: UInt32
    /// When the current generation became current: the start of the grace for its predecessor (decision 0.1).
    package var rotatedAt: Timestamp
    /// What the upstream providers said of the user and the configuration maps into tokens: a JSON object, or nothing.
    package let claims: [UInt8]

    /// A session with all its parts.
    package init(
        id: SessionID,
        userID: UserID,
        clientID: String,
        scopes: ScopeSet,
        resource: String,
        connections: [ConnectionID],
        authenticatedAt: Timestamp?,
        absoluteExpiry: Timestamp,
        idleExpiry: Timestamp,
        generation: UInt32,
        rotatedAt: Timestamp,
        claims: [UInt8] = []
    ) {
        self.id = id
        self.userID = userID
        self.clientID = clientID
        self.scopes = scopes
        self.resource = resource
        self.connections = connections
        self.authenticatedAt = authenticatedAt
        self.absoluteExpiry = absoluteExpiry
        self.idleExpiry = idleExpiry
        self.generation = generation
        self.rotatedAt = rotatedAt
        self.claims = claims
    }

    /// Whether the session can still be used.
    package func isLive(now: Timestamp) -> Bool {
        now < expiry
    }

    /// When the session ends as things stand.
    package var expiry: Timestamp {
        min(absoluteExpiry, idleExpiry)
    }
}

extension Session: RecordCodable {
    /// Stands in records for a moment that is not known.
    private static let unknownMoment = Timestamp(millisecondsSinceEpoch: .min)

    package func write(to writer: inout BinaryWriter) {
        writer.write(id)
        writer.write(userID)
        writer.write(clientID)
        writer.write(scopes)
        writer.write(resource)
        writer.write(connections) { $0.write($1) }
        writer.write(authenticatedAt ?? Self.unknownMoment)
        writer.write(absoluteExpiry)
        writer.write(idleExpiry)
        writer.write(generation)
        writer.write(rotatedAt)
        if !claims.isEmpty {
            writer.write(claims)
        }
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        id = try reader.identifier()
        userID = try reader.identifier()
        clientID = try reader.string()
        scopes = try reader.scopes()
        resource = try reader.string()
        connections = try reader.array { (reader) throws(RecordError) in try reader.identifier() }
        let moment = try reader.timestamp()
        authenticatedAt = moment == Self.unknownMoment ? nil : moment
        absoluteExpiry = try reader.timestamp()
        idleExpiry = try reader.timestamp()
        generation = try reader.integer()
        rotatedAt = try reader.timestamp()
        // Stands last, and only where there are any.
        claims = reader.isAtEnd ? [] : try reader.byteArray()
    }
}

/// How long sessions live and how forgiving refresh is.
package struct SessionPolicy: Hashable, Sendable {
    /// A refresh token that is not used for so long is dead.
    package var refreshTokenLifetime: Duration
    /// A session is over after so long, used or not.
    package var sessionLifetime: Duration
    /// How long an access token lives; a session without refresh token lives no longer.
    package var accessTokenLifetime: Duration
    /// How long the predecessor of the current refresh token still yields the same successor; zero is strict.
    package var refreshReuseGrace: Duration
    /// How long an authorization code can be redeemed.
    package var authorizationCodeLifetime: Duration

    /// A policy with the defaults of the configuration.
    package init(
        refreshTokenLifetime: Duration = .seconds(7 * 86_400),
        sessionLifetime: Duration = .seconds(30 * 86_400),
        accessTokenLifetime: Duration = .seconds(3600),
        refreshReuseGrace: Duration = .seconds(120),
        authorizationCodeLifetime: Duration = .seconds(60)
    ) {
        self.refreshTokenLifetime = refreshTokenLifetime
        self.sessionLifetime = sessionLifetime
        self.accessTokenLifetime = accessTokenLifetime
        self.refreshReuseGrace = refreshReuseGrace
        self.authorizationCodeLifetime = authorizationCodeLifetime
    }
}
