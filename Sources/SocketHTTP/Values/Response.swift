package import HTTPTypes

/// One HTTP response, as a responder returns it.
///
/// The engine writes `Date`, `Content-Length`, `Connection` and the framing; fields of those names set here are
/// ignored.
package struct Response: Sendable {
    /// The status.
    package var status: HTTPResponse.Status { didSet { preparedHead = nil } }
    /// The header fields, without framing.
    package var headerFields: HTTPFields { didSet { preparedHead = nil } }
    /// The body; not sent for HEAD, 204 and 304.
    package var body: [UInt8]
    /// Whether the connection closes after this response.
    package var closesConnection: Bool
    /// Status line and header fields as bytes, if they were prepared; dropped when one of them is changed.
    private(set) var preparedHead: [UInt8]?

    /// Makes a response.
    package init(
        status: HTTPResponse.Status,
        headerFields: HTTPFields = [:],
        body: [UInt8] = [],
        closesConnection: Bool = false
    ) {
        self.status = status
        self.headerFields = headerFields
        self.body = body
        self.closesConnection = closesConnection
    }

    /// Makes a response with a head that is already bytes.
    package init(_ head: PreparedHead, body: [UInt8]) {
        status = head.status
        headerFields = head.headerFields
        self.body = body
        closesConnection = false
        preparedHead = head.bytes
    }

    /// Makes a response whose head is serialized once, for answers that are sent many times, such as a JWKS.
    package static func prepared(
        status: HTTPResponse.Status = .ok,
        headerFields: HTTPFields = [:],
        body: [UInt8]
    ) -> Response {
        Response(PreparedHead(status: status, headerFields: headerFields), body: body)
    }
}

/// A status and header fields that were serialized once, for answers that differ only in their bodies.
package struct PreparedHead: Sendable {
    let status: HTTPResponse.Status
    let headerFields: HTTPFields
    let bytes: [UInt8]

    /// Serializes the head.
    package init(status: HTTPResponse.Status, headerFields: HTTPFields) {
        self.status = status
        self.headerFields = headerFields
        bytes = ResponseSerializer.head(of: Response(status: status, headerFields: headerFields))
    }
}

/// Prints the status and the size only: bodies and `Set-Cookie` contain tokens.
extension Response: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Status code and body size.
    package var description: String { "\(status.code), \(body.count) bytes" }
    /// Status code and body size.
    package var debugDescription: String { description }
    /// Hides the stored properties from `dump` and from error messages.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
