package import OAuthProtocol
package import SocketHTTP

/// The facts about a request besides its message: its time, its source, and the id under which it is logged.
package struct RequestContext: Sendable {
    /// The client's address; behind a configured proxy, the one that the proxy names.
    package let source: IPAddress
    /// When the request arrived.
    package let now: Timestamp
    /// Names the request in the log, the audit trail, and in answers that report our own failures.
    package let requestID: RequestID
    /// `User-Agent`, or nothing.
    package let userAgent: String
    /// The trace that a trusted proxy named, or nothing.
    package let traceID: String

    /// The context of a request.
    package init(source: IPAddress, now: Timestamp, requestID: RequestID, userAgent: String = "", traceID: String = "")
    {
        self.source = source
        self.now = now
        self.requestID = requestID
        self.userAgent = userAgent
        self.traceID = traceID
    }
}

/// Names a request.
///
/// Cheap to make, unique within a process.
package struct RequestID: Hashable, Sendable, CustomStringConvertible {
    /// A number that no other request of this process has.
    package let number: UInt64

    /// The id with this number.
    package init(number: UInt64) {
        self.number = number
    }

    /// The id as logs show it.
    package var description: String {
        String(number, radix: 36)
    }
}
