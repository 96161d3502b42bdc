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
    /// Never used to find a user (D-63).
    package var verifiedEmail: String?
    /// The user's connections, oldest first.
    package var connections: [ConnectionID]
    /// When the user first logged in.
    package let createdAt: Timestamp

    /// A user with all its parts, for stores that read it from elsewhere.
    package init(id: UserID, name: String?, verifiedEmail: String?, connections: [ConnectionID], createdAt: Timestamp) {
        self.id = id
        self.name = name
        self.verifiedEmail = verifiedEmail
        self.connections = connections
        self.createdAt = createdAt
    }
}

extension User: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(id)
        writer.write(name) { $0.write($1) }
        writer.write(verifiedEmail) { $0.write($1) }
        writer.write(connections) { $0.write($1) }
        writer.write(createdAt)
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        id = try reader.identifier()
        name = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        verifiedEmail = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        connections = try reader.array { (reader) throws(RecordError) in try reader.identifier() }
        createdAt = try reader.timestamp()
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
