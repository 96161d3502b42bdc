import OAuthProtocol

/// RFC 8935: where the events of a stream are pushed.
package struct EventPush: Hashable, Sendable {
    /// The receiver's address, as it wrote it.
    package let endpoint: String
    /// What goes into the `Authorization` field of each request, sealed; `nil` for no such field.
    package let sealedAuthorization: String?

    /// An address, and what is sent along.
    package init(endpoint: String, sealedAuthorization: String?) {
        self.endpoint = endpoint
        self.sealedAuthorization = sealedAuthorization
    }

    /// How long a node may push the events of a stream after it has taken it.
    ///
    /// Longer than the longest request takes twice: another node begins after the last request of the one before.
    package static let leaseLifetime = Duration.seconds(15)
}

extension EventPush: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(endpoint)
        writer.write(sealedAuthorization) { $0.write($1) }
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        self.init(
            endpoint: try reader.string(),
            sealedAuthorization: try reader.optional { (reader) throws(RecordError) in try reader.string() }
        )
    }
}

extension EventStream {
    /// Whether its events are pushed now.
    package var isPushed: Bool { push != nil && status == .enabled }

    /// This stream, paused because its events could not be pushed; `nil` if it has changed since.
    ///
    /// - Parameters:
    ///   - earlier: The stream as it was when the pushing began: another address deserves its own attempts.
    ///   - reason: Why; the receiver reads it.
    /// - Returns: The paused stream.
    package func paused(after earlier: EventStream, reason: String) -> EventStream? {
        guard isPushed, push == earlier.push else { return nil }
        var paused = self
        paused.status = .paused
        paused.reason = reason
        return paused
    }
}
