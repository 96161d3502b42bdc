/// One request of a ``RevocationFeed``, for the closure that sends it.
///
/// It prints its method and URL only: the body and the credentials are not shown.
public struct RevocationRequest: Sendable {
    /// `GET`, `POST` or `DELETE`.
    public let method: String
    /// Where it goes.
    public let url: String
    /// The value of the `Authorization` field.
    public let authorization: String
    /// The body, of the type `application/json`; empty for none.
    public let body: [UInt8]

    /// How long the answer may take, in seconds: longer than Gatehouse lets a request wait for an event.
    public static let timeoutSeconds = 40
}

extension RevocationRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The method and the URL.
    public var description: String { "\(method) \(url)" }
    /// The method and the URL.
    public var debugDescription: String { description }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// The answer to a ``RevocationRequest``, whatever its status.
public struct RevocationAnswer: Sendable {
    /// The status.
    public let status: Int
    /// The whole body.
    public let body: [UInt8]

    /// An answer.
    public init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}
