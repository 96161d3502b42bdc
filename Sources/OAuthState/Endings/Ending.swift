package import OAuthProtocol

/// A session, or a single access token, that ended before its time: what resource servers must learn that verify
/// tokens without asking.
package struct Ending: Hashable, Sendable {
    /// What ended.
    package enum Subject: Hashable, Sendable {
        /// Every token of this session of this user.
        case session(SessionID, UserID)
        /// The access token with this `jti`.
        case accessToken(String)
    }

    /// The place in the order of all endings, from 1 on.
    package let sequence: UInt64
    /// What ended.
    package let subject: Subject
    /// The resource of the session or the token, in its registered spelling.
    package let resource: String
    /// When it ended, to the second.
    package let endedAt: Timestamp
    /// From when on no token of it is valid in any case; the ending is dropped then.
    package let expiry: Timestamp

    /// An ending.
    package init(sequence: UInt64, subject: Subject, resource: String, endedAt: Timestamp, expiry: Timestamp) {
        self.sequence = sequence
        self.subject = subject
        self.resource = resource
        self.endedAt = endedAt
        self.expiry = expiry
    }

    /// How much longer than its tokens an ending is kept: verifiers accept expired tokens for the difference of clocks.
    package static let skew = Duration.seconds(60)
}

extension Ending: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(sequence)
        switch subject {
        case .session(let id, let userID):
            writer.write(UInt8(1))
            writer.write(id)
            writer.write(userID)
        case .accessToken(let identifier):
            writer.write(UInt8(2))
            writer.write(identifier)
        }
        writer.write(resource)
        writer.write(endedAt)
        writer.write(expiry)
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        // Arguments are evaluated in order, which is the record's order.
        self.init(
            sequence: try reader.integer(),
            subject: try Subject(from: &reader),
            resource: try reader.string(),
            endedAt: try reader.timestamp(),
            expiry: try reader.timestamp()
        )
    }
}

extension Ending.Subject {
    fileprivate init(from reader: inout BinaryReader) throws(RecordError) {
        switch try reader.integer(UInt8.self) {
        case 1: self = .session(try reader.identifier(), try reader.identifier())
        case 2: self = .accessToken(try reader.string())
        default: throw RecordError("an ending is of an unknown kind")
        }
    }
}
