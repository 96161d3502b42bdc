package import OAuthProtocol
package import OpenSSLCrypto

/// What makes a session an agent's: its credential, and what it ends with.
package struct AgentGrant: Hashable, Sendable {
    /// The name that the user, or the client that made it, gave it.
    package let name: String
    /// Hash of the agent's token.
    package let tokenHash: SHA256Digest
    /// The session that it ends with; `nil` for an agent that its user made on the page.
    package let parent: SessionID?
    /// The client of that session.
    package let maker: String?
    /// When it was made.
    package let createdAt: Timestamp

    /// An agent's part of a session.
    package init(name: String, tokenHash: SHA256Digest, parent: SessionID?, maker: String?, createdAt: Timestamp) {
        self.name = name
        self.tokenHash = tokenHash
        self.parent = parent
        self.maker = maker
        self.createdAt = createdAt
    }
}

extension AgentGrant: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(name)
        writer.write(tokenHash)
        writer.write(parent) { $0.write($1) }
        writer.write(maker) { $0.write($1) }
        writer.write(createdAt)
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        name = try reader.string()
        tokenHash = try reader.digest()
        parent = try reader.optional { (reader) throws(RecordError) in try reader.identifier() }
        maker = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        createdAt = try reader.timestamp()
    }
}

extension Session {
    /// When an agent's token was last used, to the hour; `nil` if it never was, and for every other session.
    package var agentUsedAt: Timestamp? {
        agent.flatMap { rotatedAt > $0.createdAt ? rotatedAt : nil }
    }
}

/// The outcome of using an agent's token.
package enum AgentUse: Hashable, Sendable {
    /// The live session of the agent.
    case used(Session)
    /// No such agent: ended, expired or never made.
    case unknown
    /// The provider has ended a connection that the agent or its parent needs, or the operator refuses one, and so the
    /// agent has ended (VR-9, UP-4).
    case upstreamEnded(Session, ConnectionID)
}

/// The outcome of making an agent.
package enum AgentAdmission: Hashable, Sendable {
    /// It exists.
    case admitted
    /// The user has as many agents as possible, or the table is full.
    case full
    /// The session that it would end with has ended, or is an agent's.
    case parentEnded
}
