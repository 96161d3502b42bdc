package import OAuthProtocol
package import OpenSSLCrypto

/// A person, known by one or more identities at upstream providers.
package struct User: Hashable, Sendable {
    /// The `sub` of the user's tokens.
    package let id: UserID
    /// The person's name according to a provider, for pages only.
    package var name: String?
    /// The person's address, only if the provider has verified it.
    ///
    /// Never used to find a user who gets access (D-63); a provider's order to end its user's sessions may name it.
    package var verifiedEmail: String?
    /// The user's connections, oldest first.
    package var connections: [ConnectionID]
    /// The connections that the user chose to be used by default, at most one for each upstream.
    ///
    /// Without a choice the first that was connected is the default: another login never changes it.
    package var defaults: [ConnectionID] = []
    /// When the user first logged in.
    package let createdAt: Timestamp
    /// How often all of the user's browser logins were ended; a login of an earlier epoch is none.
    ///
    /// Browser logins are sealed in cookies and stored nowhere, so this is what ends them before they expire.
    package var loginEpoch: UInt32

    /// A user with all its parts, for stores that read it from elsewhere.
    package init(
        id: UserID,
        name: String?,
        verifiedEmail: String?,
        connections: [ConnectionID],
        defaults: [ConnectionID] = [],
        createdAt: Timestamp,
        loginEpoch: UInt32 = 0
    ) {
        self.defaults = defaults
        self.id = id
        self.name = name
        self.verifiedEmail = verifiedEmail
        self.connections = connections
        self.createdAt = createdAt
        self.loginEpoch = loginEpoch
    }
}

extension User: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(id)
        writer.write(name) { $0.write($1) }
        writer.write(verifiedEmail) { $0.write($1) }
        writer.write(connections) { $0.write($1) }
        writer.write(createdAt)
        // Each only if it or a later one is there: the record of a user without them is as it was before they were
        // kept.
        if !defaults.isEmpty || loginEpoch > 0 { writer.write(defaults) { $0.write($1) } }
        if loginEpoch > 0 { writer.write(loginEpoch) }
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        id = try reader.identifier()
        name = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        verifiedEmail = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        connections = try reader.array { (reader) throws(RecordError) in try reader.identifier() }
        createdAt = try reader.timestamp()
        // These come last, and only as far as there are any.
        if !reader.isAtEnd {
            defaults = try reader.array { (reader) throws(RecordError) in try reader.identifier() }
        }
        loginEpoch = reader.isAtEnd ? 0 : try reader.integer()
    }
}

extension User {
    /// The user as a record: of the kind with more only if there are defaults or an epoch, so that an older version of
    /// this server reads the others.
    package var record: [UInt8] { record(defaults.isEmpty && loginEpoch == 0 ? .putUser : .putUserWithDefaults) }

    /// Whether a connection is the one that is used at its upstream when nothing names another.
    ///
    /// - Parameters:
    ///   - connection: One of the user's connections.
    ///   - all: The user's connections, oldest first.
    /// - Returns: True for at most one connection of each upstream.
    package func usesByDefault(_ connection: Connection, among all: [Connection]) -> Bool {
        let there = all.filter { $0.upstream == connection.upstream }
        return (there.first { defaults.contains($0.id) } ?? there.first)?.id == connection.id
    }
}

/// Names an account at a provider: the key by which a user is found again (JW-2, JB-8, D-63).
package struct IdentityKey: Hashable, Sendable {
    /// Hash over the provider's issuer (or name, if it has none) and its subject.
    package let digest: SHA256Digest

    /// The identity of `subject` at the provider with this `namespace`.
    ///
    /// Lengths are hashed too, so that no two pairs collide.
    package init(namespace: String, subject: String) {
        digest = SHA256.hash("\(namespace.utf8.count):\(namespace)\(subject)")
    }

    /// The identity with this digest, for stores that read it from elsewhere.
    package init(digest: SHA256Digest) {
        self.digest = digest
    }
}
