package import OAuthProtocol

/// OpenID Shared Signals Framework 1.0 §8.1: how a receiver gets the events about its resources.
package struct EventStream: Hashable, Sendable {
    /// Its `stream_id`.
    package let id: EventStreamID
    /// The receiver: the client id of a resource server.
    package let clientID: String
    /// The receiver's words for it.
    package var summary: String?
    /// The types of events that the receiver asked for; `nil` for all.
    package var requestedEvents: [String]?
    /// Whether events are delivered.
    package var status = Status.enabled
    /// The receiver's or the server's reason for the status.
    package var reason: String?
    /// The verification that is due, if one is.
    package var verification: Verification?
    /// The last ending that the receiver has acknowledged.
    package var position: UInt64 = 0
    /// When the receiver used it last, to the hour; a stream that is pushed is in use.
    package var usedAt: Timestamp
    /// Where its events are pushed; `nil` for a stream that its receiver polls.
    package var push: EventPush?

    /// SSF 1.0 §8.1.2: whether events are delivered.
    package enum Status: String, Hashable, Sendable {
        /// Events are delivered.
        case enabled
        /// Events are kept for later.
        case paused
        /// Events are not delivered and not kept.
        case disabled
    }

    /// SSF 1.0 §8.1.4: a verification that was asked for and has not been acknowledged.
    package struct Verification: Hashable, Sendable {
        /// Distinguishes it from the stream's others.
        package var number: UInt64
        /// The receiver's value, which the event repeats.
        package var state: String?
        /// When it was asked for.
        package var requestedAt: Timestamp

        /// A verification.
        package init(number: UInt64, state: String?, requestedAt: Timestamp) {
            self.number = number
            self.state = state
            self.requestedAt = requestedAt
        }
    }

    /// A new stream, which begins with the oldest ending that still matters.
    package init(id: EventStreamID, clientID: String, usedAt: Timestamp) {
        self.id = id
        self.clientID = clientID
        self.usedAt = usedAt
    }

    /// After how long without use a stream is dropped.
    ///
    /// Longer than an access token lives: a receiver that was away longer has nothing to learn from it that a new
    /// stream would not say.
    package static let lifetime = Duration.seconds(48 * 3600)
}

/// Names a stream of events.
package struct EventStreamID: StoredIdentifier {
    package static let prefix = "es_"
    package let value: Bits128
    package init(value: Bits128) { self.value = value }
}

extension EventStream: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(id)
        writer.write(clientID)
        writer.write(summary) { $0.write($1) }
        writer.write(requestedEvents) { $0.write($1) { $0.write($1) } }
        writer.write(status.rawValue)
        writer.write(reason) { $0.write($1) }
        writer.write(verification) { writer, verification in
            writer.write(verification.number)
            writer.write(verification.state) { $0.write($1) }
            writer.write(verification.requestedAt)
        }
        writer.write(position)
        writer.write(usedAt)
        // Only where there is one: a stream that is polled keeps the form that earlier versions read.
        push?.write(to: &writer)
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        id = try reader.identifier()
        clientID = try reader.string()
        summary = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        requestedEvents = try reader.optional { (reader) throws(RecordError) in
            try reader.array { (reader) throws(RecordError) in try reader.string() }
        }
        guard let status = Status(rawValue: try reader.string()) else {
            throw RecordError("a stream has an unknown status")
        }
        self.status = status
        reason = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        verification = try reader.optional { (reader) throws(RecordError) in
            Verification(
                number: try reader.integer(),
                state: try reader.optional { (reader) throws(RecordError) in try reader.string() },
                requestedAt: try reader.timestamp()
            )
        }
        position = try reader.integer()
        usedAt = try reader.timestamp()
        push = reader.isAtEnd ? nil : try EventPush(from: &reader)
    }
}
