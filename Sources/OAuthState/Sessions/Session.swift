package import OAuthProtocol

/// What a `tsid` names: one user's grant to one client for one resource, and its family of refresh tokens.
///
/// Small, whatever was granted: the constant part is behind one reference, because sessions are passed from turn to
/// turn.
package struct Session: Hashable, Sendable {
    private let shared: Shared<SessionGrant>
    /// When the session ends unless it is refreshed earlier.
    package var idleExpiry: Timestamp
    /// When the current generation became current: the start of the grace of its predecessor (FD-1).
    package var rotatedAt: Timestamp
    /// The generation of the current refresh token; 0 when none was issued.
    package var generation: UInt32
    /// Where the predecessor was first used; `nil` when it is not known.
    package var rotatedBy: RefreshOrigin?

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
        claims: [UInt8] = [],
        isFederated: Bool = false,
        boundKey: KeyThumbprint? = nil,
        agent: AgentGrant? = nil,
        rotatedBy: RefreshOrigin? = nil
    ) {
        shared = Shared(
            SessionGrant(
                id: id,
                userID: userID,
                clientID: clientID,
                scopes: scopes,
                resource: resource,
                connections: connections,
                authenticatedAt: authenticatedAt,
                absoluteExpiry: absoluteExpiry,
                claims: claims,
                isFederated: isFederated,
                agent: agent.map { Shared($0) },
                boundKey: boundKey
            )
        )
        self.idleExpiry = idleExpiry
        self.generation = generation
        self.rotatedAt = rotatedAt
        self.rotatedBy = rotatedBy
    }

    /// The `tsid`; it also names the refresh family.
    package var id: SessionID { shared.value.id }
    /// The `sub` of the session's tokens.
    package var userID: UserID { shared.value.userID }
    /// The client that the grant was given to.
    package var clientID: String { shared.value.clientID }
    /// The granted scopes; a refresh may ask for fewer, never for more (RFC 6749 §6).
    package var scopes: ScopeSet { shared.value.scopes }
    /// The resource of the grant, in its registered spelling.
    package var resource: String { shared.value.resource }
    /// The upstream connections that this login created or found; the vault reads them.
    package var connections: [ConnectionID] { shared.value.connections }
    /// When the user logged in upstream: `auth_time` (JW-1); `nil` when the provider does not state it.
    package var authenticatedAt: Timestamp? { shared.value.authenticatedAt }
    /// When the session ends in any case.
    package var absoluteExpiry: Timestamp { shared.value.absoluteExpiry }
    /// The providers' claims about the user that the configuration maps into tokens: a JSON object, or empty.
    package var claims: [UInt8] { shared.value.claims }
    /// Whether another issuer vouched for the user, who did not log in here.
    package var isFederated: Bool { shared.value.isFederated }

    /// The credential of an agent, if the session is one's.
    package var agent: AgentGrant? { shared.value.agent?.value }

    /// RFC 9449 §5: the key without which the session's refresh tokens are worthless; `nil` if they are bearer tokens,
    /// or their client authenticates.
    package var boundKey: KeyThumbprint? { shared.value.boundKey }

    /// The same session with its refresh tokens bound to a key, or no longer.
    func bound(to key: KeyThumbprint?) -> Session {
        Session(
            id: id,
            userID: userID,
            clientID: clientID,
            scopes: scopes,
            resource: resource,
            connections: connections,
            authenticatedAt: authenticatedAt,
            absoluteExpiry: absoluteExpiry,
            idleExpiry: idleExpiry,
            generation: generation,
            rotatedAt: rotatedAt,
            claims: claims,
            isFederated: isFederated,
            boundKey: key,
            agent: agent,
            rotatedBy: rotatedBy
        )
    }

    /// The ``rotatedAt`` of a session whose last rotation was taken back: its client may have received the successor.
    static let takenBack = Timestamp(secondsSinceEpoch: 0)

    /// Whether the session can still be used.
    package func isLive(now: Timestamp) -> Bool {
        now < expiry
    }

    /// When the session ends if it is not used.
    package var expiry: Timestamp {
        min(absoluteExpiry, idleExpiry)
    }
}

extension Session: RecordCodable {
    /// Represents an unknown moment in records.
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
        // Each only if it or a later one is there: the record of a session without them is as it was before they were
        // kept.
        let properties = Properties(isFederated: isFederated, hasKey: boundKey != nil, hasAgent: agent != nil)
        if !claims.isEmpty || !properties.isEmpty || rotatedBy != nil {
            writer.write(claims)
        }
        if !properties.isEmpty || rotatedBy != nil {
            writer.write(properties.rawValue)
        }
        if let boundKey { writer.write(boundKey.digest) }
        agent?.write(to: &writer)
        rotatedBy?.write(to: &writer)
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        var properties = Properties()
        // Arguments are evaluated in order, which is the record's order.
        self.init(
            id: try reader.identifier(),
            userID: try reader.identifier(),
            clientID: try reader.string(),
            scopes: try reader.scopes(),
            resource: try reader.string(),
            connections: try reader.array { (reader) throws(RecordError) in try reader.identifier() },
            authenticatedAt: try Self.moment(from: &reader),
            absoluteExpiry: try reader.timestamp(),
            idleExpiry: try reader.timestamp(),
            generation: try reader.integer(),
            rotatedAt: try reader.timestamp(),
            // These come last, and only as far as there are any.
            claims: reader.isAtEnd ? [] : try reader.byteArray(),
            isFederated: try Properties(ifAnyIn: &reader, &properties).contains(.isFederated),
            boundKey: properties.contains(.hasKey) ? KeyThumbprint(digest: try reader.digest()) : nil,
            agent: properties.contains(.hasAgent) ? try AgentGrant(from: &reader) : nil,
            rotatedBy: try RefreshOrigin(ifAnyIn: &reader)
        )
    }

    /// One byte of a record, which was a flag of federated sessions before it had more bits.
    private struct Properties: OptionSet {
        let rawValue: UInt8

        static let isFederated = Properties(rawValue: 1)
        static let hasKey = Properties(rawValue: 2)
        static let hasAgent = Properties(rawValue: 4)
        private static let all: Properties = [.isFederated, .hasKey, .hasAgent]

        init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        init(isFederated: Bool, hasKey: Bool, hasAgent: Bool) {
            self = (isFederated ? Self.isFederated : []).union(hasKey ? .hasKey : []).union(hasAgent ? .hasAgent : [])
        }

        /// The byte at this place of a record, if there is one; also kept, because a field may follow it.
        init(ifAnyIn reader: inout BinaryReader, _ kept: inout Properties) throws(RecordError) {
            self.init(rawValue: reader.isAtEnd ? 0 : try reader.integer())
            // A bit of a later version would be lost, and what it adds be read as something else.
            guard Self.all.isSuperset(of: self) else { throw RecordError("a session has unknown properties") }
            kept = self
        }
    }

    private static func moment(from reader: inout BinaryReader) throws(RecordError) -> Timestamp? {
        let moment = try reader.timestamp()
        return moment == unknownMoment ? nil : moment
    }
}

/// Where a refresh token was used: who holds a stolen copy rarely has both of these in common with its owner.
package struct RefreshOrigin: Hashable, Sendable {
    /// The network of the client.
    package var network: SourceNetwork
    /// 64 bits of a hash of the client's `User-Agent`.
    package var agent: UInt64

    /// An origin.
    package init(network: SourceNetwork, agent: UInt64) {
        self.network = network
        self.agent = agent
    }

    /// Whether both differ: a client that moves keeps its `User-Agent`, and one that was updated keeps its network.
    func isElsewhere(than other: RefreshOrigin) -> Bool {
        network != other.network && agent != other.agent
    }

    func write(to writer: inout BinaryWriter) {
        writer.write(network.number)
        writer.write(agent)
    }

    /// The origin at the end of a record, if it has one.
    init?(ifAnyIn reader: inout BinaryReader) throws(RecordError) {
        guard !reader.isAtEnd else { return nil }
        self.init(network: SourceNetwork(number: try reader.integer()), agent: try reader.integer())
    }
}

/// The constant part of a session.
private struct SessionGrant: Hashable {
    let id: SessionID
    let userID: UserID
    let clientID: String
    let scopes: ScopeSet
    let resource: String
    let connections: [ConnectionID]
    let authenticatedAt: Timestamp?
    let absoluteExpiry: Timestamp
    let claims: [UInt8]
    let isFederated: Bool
    /// Behind a reference, because few sessions are an agent's.
    let agent: Shared<AgentGrant>?
    let boundKey: KeyThumbprint?
}

/// One reference to a value that never changes.
private final class Shared<Value: Hashable & Sendable>: Hashable, Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }

    static func == (left: Shared, right: Shared) -> Bool {
        left === right || left.value == right.value
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(value)
    }
}

/// How long sessions live and how tolerant refreshes are.
package struct SessionPolicy: Hashable, Sendable {
    /// How long an unused refresh token is valid.
    package var refreshTokenLifetime: Duration
    /// How long a session lives, used or not.
    package var sessionLifetime: Duration
    /// How long an access token lives; a session without refresh token lives no longer.
    package var accessTokenLifetime: Duration
    /// How long the predecessor of the current refresh token still yields the same successor; zero is strict.
    package var refreshReuseGrace: Duration
    /// How long an authorization code can be redeemed.
    package var authorizationCodeLifetime: Duration
    /// The clients that get less than these.
    package var clientLifetimes: [String: ClientLifetimes] = [:]
    /// How long a consent is remembered.
    package var consentLifetime = Duration.seconds(90 * 86_400)
    /// Whether a predecessor that comes from another network counts as reuse, also within the grace.
    package var reuseNeedsSameNetwork = false
    /// Until when acknowledged changes may be missing from the state, because it was restored or lost some; `nil` when
    /// nothing acknowledged can be missing.
    ///
    /// Only families that have not changed since may be ahead of the state, each once.
    package var possiblyBehindSince: Timestamp?

    /// A policy with the configuration's defaults.
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
