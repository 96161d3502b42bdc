/// One request of ``RevocationFeed`` or ``UpstreamTokens`` to the issuer, as the closure gets it that sends it.
///
/// It prints its method and URL only: the body and the credentials are not shown.
public struct IssuerRequest: Sendable {
    /// `GET`, `POST` or `DELETE`.
    public let method: String
    /// Where it goes.
    public let url: String
    /// The value of the `Authorization` field.
    public let authorization: String
    /// The value of the `Content-Type` field, where there is a body.
    public let contentType: String
    /// The body; empty for none.
    public let body: [UInt8]

    /// How long the answer may take, in seconds: longer than Gatehouse lets a request wait for an event.
    public static let timeoutSeconds = 40
}

extension IssuerRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The method and the URL.
    public var description: String { "\(method) \(url)" }
    /// The method and the URL.
    public var debugDescription: String { description }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// The answer to an ``IssuerRequest``, whatever its status.
public struct IssuerAnswer: Sendable {
    /// The status.
    public let status: Int
    /// The whole body.
    public let body: [UInt8]
    /// `Retry-After` in seconds, if the answer has it.
    public let retryAfterSeconds: Int?

    /// An answer.
    public init(status: Int, body: [UInt8], retryAfterSeconds: Int? = nil) {
        self.status = status
        self.body = body
        self.retryAfterSeconds = retryAfterSeconds
    }
}
